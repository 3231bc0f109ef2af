"""The entry point: the list of commands, and what happens when one of them fails.

Nothing heavy is imported here or at the top of a command's module, so that help comes at once;
each command imports what it needs when it runs.
"""

from __future__ import annotations

import os
import sys
from inspect import cleandoc
from types import ModuleType
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from fasciscope.cli import app as app_command
from fasciscope.cli import (
    bench,
    check,
    console,
    demo,
    detect,
    firmware,
    journal,
    ports,
    record,
    repair,
    replay,
    report,
    simulate,
)
from fasciscope.errors import FasciscopeError


class Commands(TyperGroup):
    """All commands, in the order a person meets them; turns each failure into words and a code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; see `run` for the exit codes."""
        try:
            outcome = super().invoke(ctx)
            sys.stdout.flush()
        except FasciscopeError as error:
            _leave(str(error), console.EXIT_BAD_INPUT)
        except KeyboardInterrupt:
            _leave(
                "Stopped. What was already written is kept; run the command again to finish it.",
                console.EXIT_INTERRUPTED,
            )
        except BrokenPipeError:  # the reader of our output went away, as `head` does
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except OSError as error:
            _leave(console.os_error_sentence(error), console.EXIT_BAD_INPUT)
        except MemoryError:
            _leave(
                "There is not enough memory for this. Take a shorter recording or fewer channels.",
                console.EXIT_BAD_INPUT,
            )
        return outcome


def _leave(sentence: str, code: int) -> NoReturn:
    console.complain(sentence)
    raise typer.Exit(code)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"New here? Try: fasciscope demo  ·  {console.NOT_A_DEVICE}",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        import fasciscope

        console.result(f"fasciscope {fasciscope.__version__}")
        raise typer.Exit(0)


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and leave."
        ),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where in the code an error came from.")
    ] = False,
) -> None:
    """Record muscle twitches from a surface EMG sensor, and count them."""
    del version  # its callback has dealt with it
    if debug:
        os.environ[console.DEBUG_VARIABLE] = "1"


def _add(module: ModuleType) -> None:
    """Add the function that has its module's name as a command, its examples under its help."""
    command = getattr(module, module.__name__.rpartition(".")[2])
    paragraphs = [" ".join(part.split()) for part in cleandoc(command.__doc__).split("\n\n")]
    examples = "\n".join(f"  {line}" for line in module.EXAMPLES)
    app.command(
        cls=getattr(module, "COMMAND_CLASS", None),
        help="\n\n".join([*paragraphs, f"\b\nExamples:\n{examples}"]),
        epilog=console.NOT_A_DEVICE,
    )(command)


for module in (
    demo,
    ports,
    record,
    app_command,
    detect,
    report,
    check,
    repair,
    replay,
    simulate,
    bench,
):
    _add(module)
app.add_typer(journal.app, name="journal")
app.add_typer(firmware.app, name="firmware")


def run() -> None:
    """Run the command line, and leave the process with its exit code.

    0 done; 1 a fault in fasciscope itself, or a target missed under ``bench --strict``; 2 a wrong
    option, file, port or folder; 3 a file that needs mending, from ``check``; 130 stopped by Ctrl-C
    before the end.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without µ must not stop us
    try:
        app()
    except Exception as error:
        console.complain(
            f"This is a fault in fasciscope, not in what you did: {type(error).__name__}: {error}. "
            "What was already written is kept. Please report it on "
            f"{console.ISSUES}, with what `fasciscope --debug …` prints for the same command."
        )
        sys.exit(console.EXIT_BUG)
