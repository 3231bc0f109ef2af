// What the live trace and the review share: colours out of the page's style, ticks, and marks.

export const KINDS = ["twitch", "contraction", "cramp", "artefact", "heartbeat", "gap"];
export const TWITCH = 0, CARDIAC = 4, GAP = 5;
export const REJECTED = 2;

export function theme(element) {
  const style = getComputedStyle(element);
  const of = (name) => style.getPropertyValue(name).trim();
  return {
    ink: of("--fs-ink"),
    faint: of("--fs-faint"),
    grid: of("--fs-grid"),
    paper: of("--fs-paper"),
    trace: of("--fs-trace"),
    accent: of("--fs-accent"),
    none: of("--fs-none"),
    families: [1, 2, 3, 4, 5, 6].map((k) => of(`--fs-family-${k}`)),
    kinds: KINDS.map((_, k) => of(`--fs-kind-${k}`)),
    font: of("--fs-font") || "sans-serif",
  };
}

export function colourOf(colours, family) {
  return family > 0 ? colours.families[(family - 1) % colours.families.length] : colours.none;
}

// A canvas as large as its place on the screen, in device pixels; drawing is in CSS pixels.
export function fit(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.max(1, canvas.clientWidth), height = Math.max(1, canvas.clientHeight);
  const w = Math.round(width * ratio), h = Math.round(height * ratio);
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { context, width, height };
}

export function niceStep(span, most) {
  const raw = span / Math.max(1, most);
  const power = Math.pow(10, Math.floor(Math.log10(raw)));
  return [1, 2, 5, 10].map((k) => k * power).find((k) => k >= raw);
}

const TIME_STEPS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600,
  900, 1800, 3600, 7200, 10800, 21600,
];

export function timeStep(span, most) {
  return TIME_STEPS.find((k) => span / k <= most) || 21600;
}

export function clock(seconds, step) {
  const whole = Math.floor(seconds + 1e-9);
  const h = Math.floor(whole / 3600), m = Math.floor(whole / 60) % 60, s = whole % 60;
  const two = (k) => String(k).padStart(2, "0");
  let text = h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
  if (step < 1) {
    const digits = step < 0.01 ? 3 : step < 0.1 ? 2 : 1;
    text += (seconds - whole).toFixed(digits).slice(1);
  }
  return text;
}

export function triangle(context, x, y, size, colour, hollow) {
  context.beginPath();
  context.moveTo(x, y + size);
  context.lineTo(x - size * 0.75, y - size * 0.4);
  context.lineTo(x + size * 0.75, y - size * 0.4);
  context.closePath();
  if (hollow) {
    context.strokeStyle = colour;
    context.lineWidth = 1.2;
    context.stroke();
  } else {
    context.fillStyle = colour;
    context.fill();
  }
}

// Least and greatest of what is seen, the tallest thing included, with a margin.
export function limits(low, high) {
  if (!(high > low)) {
    const middle = Number.isFinite(low) ? low : 0;
    return [middle - 10, middle + 10];
  }
  const margin = 0.08 * (high - low);
  return [low - margin, high + margin];
}

export function microvolts(value) {
  return Math.abs(value) >= 1000 ? `${(value / 1000).toFixed(value % 1000 ? 1 : 0)} mV` : `${value} µV`;
}

// Calls `resized` and `recoloured` when a canvas or the screen's scheme changes; returns the end of it.
export function watch(canvas, resized, recoloured) {
  const size = new ResizeObserver(resized);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  size.observe(canvas);
  dark.addEventListener("change", recoloured);
  return () => {
    size.disconnect();
    dark.removeEventListener("change", recoloured);
  };
}
