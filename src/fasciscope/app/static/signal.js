// A recording to look through: the whole length as a strip, any stretch of it below, by mouse,
// touch and keyboard. What is seen is asked for from the app in as many points as there are pixels.
import {
  CARDIAC, GAP, KINDS, REJECTED, TWITCH, clock, colourOf, fit, limits, microvolts, niceStep, theme,
  timeStep, triangle, watch,
} from "fasciscope-draw";

const LEFT = 58, TOP = 20, BOTTOM = 20, NEAR_PX = 9;

export default {
  template: `<div class="fs-signal">
    <canvas v-if="strip" class="fs-strip" role="img" :aria-label="'Whole recording: twitches a minute. ' + label"></canvas>
    <canvas class="fs-main" tabindex="0" role="application" :aria-label="label + '. Arrow keys move, plus and minus zoom, N and P go to the next and previous event.'"></canvas>
    <div class="fs-small fs-faint" role="status">{{ said }}</div>
  </div>`,
  props: {
    file: String, label: String, fs: Number, length: Number, names: Array, shown: Array,
    strip: Boolean, version: Number, scale: Number, selected: Number, window: Array, most: Number,
  },
  data: () => ({ said: "" }),
  watch: {
    version() { this.stripData = null; this.events = null; this.ask(); },
    shown() { this.pieces = {}; this.ask(); },
    scale() { this.dirty = true; },
    selected() { this.dirty = true; },
  },
  mounted() {
    this.stats = { asked: 0, drawn: 0, last_ms: 0, shown: [0, 0], pending: 0 };
    const all = (window.fasciscopeSignals = window.fasciscopeSignals || []);
    all.push(this.stats);
    this.main = this.$el.querySelector(".fs-main");
    this.top = this.$el.querySelector(".fs-strip");
    this.pieces = {};
    this.events = null;
    this.stripData = null;
    this.start = 0;
    this.stop = this.length;
    if (this.window && this.window.length === 2) [this.start, this.stop] = this.window;
    this.pointers = new Map();
    const recoloured = () => ((this.colours = null), (this.dirty = true));
    this.unwatch = watch(this.main, () => this.ask(), recoloured);
    this.main.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    this.main.addEventListener("pointerdown", (e) => this.down(e));
    this.main.addEventListener("pointermove", (e) => this.move(e));
    this.main.addEventListener("pointerup", (e) => this.up(e));
    this.main.addEventListener("pointercancel", (e) => this.up(e));
    this.main.addEventListener("keydown", (e) => this.key(e));
    if (this.top) {
      this.top.addEventListener("pointerdown", (e) => this.jump(e, true));
      this.top.addEventListener("pointermove", (e) => this.jump(e, false));
    }
    this.turn();
    this.ask();
  },
  unmounted() {
    this.gone = true;
    this.unwatch();
    cancelAnimationFrame(this.raf);
    const all = window.fasciscopeSignals;
    all.splice(all.indexOf(this.stats), 1);
  },
  methods: {
    // ---- where we are
    show(start, stop) {
      // beside a longer recording the rest stays blank, so that a second is as wide in both
      const most = Math.max(this.length, this.most || 0);
      const span = Math.max(Math.min(most, 20), Math.min(stop - start, most));
      start = Math.max(0, Math.min(start, most - span));
      this.start = start;
      this.stop = start + span;
      this.dirty = true;
      this.ask();
      clearTimeout(this.telling);
      if (this.quiet) return;
      this.telling = setTimeout(() => this.$emit("window", { start: Math.round(this.start), stop: Math.round(this.stop) }), 150);
    },
    zoom(factor, at) {
      const span = this.stop - this.start;
      at = at === undefined ? this.start + span / 2 : at;
      const wide = Math.max(20, Math.min(span * factor, Math.max(this.length, this.most || 0)));
      const share = (at - this.start) / span;
      this.show(at - share * wide, at - share * wide + wide);
    },
    pan(share) {
      const by = share * (this.stop - this.start);
      this.show(this.start + by, this.stop + by);
    },
    follow(start, stop) {
      // moved by another canvas: do not tell it back
      this.quiet = true;
      this.show(start, stop);
      this.quiet = false;
    },
    whole() { this.show(0, Math.max(this.length, this.most || 0)); },
    go(start, stop) {
      // the event in the middle, the zoom kept unless it hides the event or shows too much
      const length = stop - start;
      let span = this.stop - this.start;
      if (span < 1.2 * length || span > Math.max(40 * length, 10 * this.fs)) span = Math.max(4 * length, 2 * this.fs);
      const middle = (start + stop) / 2;
      this.show(middle - span / 2, middle + span / 2);
    },
    // ---- asking
    ask() {
      if (this.gone || !this.main) return;
      const mine = (this.wanted = (this.wanted || 0) + 1);
      const width = Math.max(50, this.main.clientWidth - LEFT);
      const begun = performance.now();
      this.stats.asked += 1;
      this.stats.pending += 1;
      const from = Math.floor(this.start), to = Math.min(Math.ceil(this.stop), this.length);
      const columns = Math.min(8192, Math.ceil(width * Math.min(window.devicePixelRatio || 1, 2)));
      const asked = this.shown.map((k) =>
        this.fetch(`/api/view?file=${encodeURIComponent(this.file)}&channel=${k}&start=${from}&stop=${to}&columns=${columns}`)
          .then((r) => r.arrayBuffer()).then((data) => [k, this.unpack(data)]));
      asked.push(this.fetch(`/api/events?file=${encodeURIComponent(this.file)}&start=${from}&stop=${to}`)
        .then((r) => r.json()).then((found) => ["events", found]));
      if (this.top && !this.stripData)
        this.fetch(`/api/strip?file=${encodeURIComponent(this.file)}`).then((r) => r.json())
          .then((found) => { this.stripData = found; this.dirty = true; }).catch(() => {});
      Promise.all(asked).then((answers) => {
        this.stats.pending -= 1;
        if (mine !== this.wanted) return;
        for (const [k, answer] of answers) {
          if (k === "events") this.events = answer;
          else this.pieces[k] = answer;
        }
        this.said = this.events && this.events.more > 0 ? `${this.events.more} more events are in this stretch; zoom in to see them.` : "";
        this.dirty = true;
        this.stats.timed = begun;
      }).catch((error) => {
        this.stats.pending -= 1;
        if (mine === this.wanted) this.said = `${error.message} What is shown stays.`;
      });
    },
    fetch(url) {
      return fetch(url, { cache: "no-store" }).then((r) => {
        if (r.ok) return r;
        return r.text().then((text) => { throw new Error(text || "The app gave no answer."); });
      }, () => { throw new Error("The app does not answer."); });
    },
    unpack(data) {
      const [start, stop, n] = new Float64Array(data, 0, 3);
      return { start, stop, places: new Float64Array(data, 24, n), values: new Float32Array(data, 24 + 8 * n, n) };
    },
    // ---- by hand
    sampleAt(event) {
      const box = this.main.getBoundingClientRect();
      return this.start + ((event.clientX - box.left - LEFT) / (box.width - LEFT)) * (this.stop - this.start);
    },
    wheel(event) {
      event.preventDefault();
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.pan((event.deltaX || event.deltaY) / 800);
      else this.zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 300))), this.sampleAt(event));
    },
    down(event) {
      this.main.setPointerCapture(event.pointerId);
      this.main.focus({ preventScroll: true });
      this.pointers.set(event.pointerId, event);
      this.forget();
      this.from = { x: event.clientX, start: this.start, stop: this.stop, at: this.sampleAt(event), moved: false, picks: event.shiftKey };
      if (this.pointers.size === 2) {
        const [a, b] = [...this.pointers.values()];
        this.pinch = { apart: Math.abs(a.clientX - b.clientX) || 1, start: this.start, stop: this.stop };
      }
    },
    move(event) {
      if (!this.pointers.has(event.pointerId)) return;
      this.pointers.set(event.pointerId, event);
      if (this.pointers.size === 2 && this.pinch) {
        const [a, b] = [...this.pointers.values()];
        const factor = this.pinch.apart / (Math.abs(a.clientX - b.clientX) || 1);
        const middle = (this.pinch.start + this.pinch.stop) / 2, half = (factor * (this.pinch.stop - this.pinch.start)) / 2;
        this.show(middle - half, middle + half);
        return;
      }
      const by = event.clientX - this.from.x;
      if (Math.abs(by) > 3) this.from.moved = true;
      if (!this.from.moved) return;
      if (this.from.picks) {
        this.span = [this.from.at, this.sampleAt(event)].sort((a, b) => a - b);
        this.dirty = true;
        return;
      }
      const perPx = (this.from.stop - this.from.start) / (this.main.clientWidth - LEFT);
      this.show(this.from.start - by * perPx, this.from.stop - by * perPx);
    },
    up(event) {
      if (!this.pointers.delete(event.pointerId)) return;
      if (this.pointers.size) return;
      this.pinch = null;
      if (this.span) {
        const [start, stop] = this.span.map(Math.round);
        this.$emit("span", { start: Math.max(0, start), stop: Math.min(this.length, stop) });
        return;
      }
      if (!this.from.moved && event.type === "pointerup") this.pick(this.from.at, event);
    },
    pick(at, event) {
      const perPx = (this.stop - this.start) / (this.main.clientWidth - LEFT);
      let best = null, nearest = Infinity;
      for (const [number, start, stop, peak] of (this.events && this.events.events) || []) {
        const middle = peak >= 0 ? peak : Math.max(start, Math.min(at, stop));
        const away = Math.abs(middle - at) + (peak < 0 ? 3 * perPx : 0);
        if (away < nearest) { nearest = away; best = number; }
      }
      if (best !== null && nearest <= NEAR_PX * perPx) this.$emit("pick", { number: best });
      else this.$emit("place", { at: Math.round(at), channel: this.laneAt(event) });
    },
    laneAt(event) {
      const box = this.main.getBoundingClientRect();
      const lane = (box.height - TOP - BOTTOM) / Math.max(1, this.shown.length);
      const k = Math.floor((event.clientY - box.top - TOP) / lane);
      return this.shown[Math.max(0, Math.min(k, this.shown.length - 1))];
    },
    forget() { this.span = null; this.dirty = true; },
    key(event) {
      const far = event.shiftKey ? 1 : 0.2;
      const ways = {
        Escape: () => this.forget(),
        ArrowLeft: () => this.pan(-far), ArrowRight: () => this.pan(far),
        PageUp: () => this.pan(-1), PageDown: () => this.pan(1),
        "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2),
        Home: () => this.show(0, this.stop - this.start), End: () => this.show(this.length - (this.stop - this.start), this.length),
        0: () => this.whole(),
      };
      if (event.ctrlKey || event.metaKey || event.altKey || !ways[event.key]) return;
      event.preventDefault();
      ways[event.key]();
    },
    jump(event, down) {
      if (!down && !(event.buttons & 1)) return;
      const box = this.top.getBoundingClientRect();
      const at = ((event.clientX - box.left - LEFT) / (box.width - LEFT)) * this.length;
      let span = this.stop - this.start;
      if (span >= this.length) span = Math.min(this.length, Math.max(60 * this.fs, this.length / 50));
      this.show(at - span / 2, at + span / 2);
    },
    // ---- drawing
    turn() {
      this.raf = requestAnimationFrame(() => this.turn());
      if (!this.dirty) return;
      this.dirty = false;
      this.colours = this.colours || theme(this.$el);
      this.drawMain();
      if (this.top) this.drawStrip();
      this.stats.drawn += 1;
      this.stats.shown = [this.start, this.stop];
      if (this.stats.timed) {
        this.stats.last_ms = performance.now() - this.stats.timed;
        this.stats.timed = 0;
      }
    },
    drawMain() {
      const { context, width, height } = fit(this.main);
      const c = this.colours, lane = (height - TOP - BOTTOM) / Math.max(1, this.shown.length);
      const perSample = (width - LEFT) / (this.stop - this.start);
      const xOf = (sample) => LEFT + (sample - this.start) * perSample;
      context.clearRect(0, 0, width, height);
      this.seconds(context, width, height, xOf, c);
      context.save();
      context.beginPath();
      context.rect(LEFT, 0, width - LEFT, height);
      context.clip();
      this.shade(context, height, xOf, c, lane);
      this.ranges = this.shown.map((k, row) => this.drawLane(context, this.pieces[k], TOP + row * lane, lane, xOf, c));
      this.marks(context, lane, height, xOf, c);
      context.restore();
      this.shown.forEach((k, row) => this.axis(context, k, row, TOP + row * lane, lane, c));
    },
    seconds(context, width, height, xOf, c) {
      const span = (this.stop - this.start) / this.fs;
      const step = timeStep(span, Math.max(2, (width - LEFT) / 90));
      context.font = `11px ${c.font}`;
      context.textAlign = "center";
      context.strokeStyle = c.grid;
      context.fillStyle = c.faint;
      context.lineWidth = 1;
      const first = Math.ceil(this.start / this.fs / step - 1e-9);
      for (let k = first; k * step * this.fs <= this.stop + 1e-6; k++) {
        const x = Math.round(xOf(k * step * this.fs)) - 0.5;
        context.beginPath();
        context.moveTo(x, TOP);
        context.lineTo(x, height - BOTTOM);
        context.stroke();
        if (x < width - 24) context.fillText(clock(k * step, step), x, height - 6);
      }
    },
    shade(context, height, xOf, c, lane) {
      for (const [number, start, stop, , kind, channel, , status] of (this.events && this.events.events) || []) {
        if (kind === TWITCH || kind === CARDIAC) continue;
        const x = xOf(start), wide = Math.max(1, xOf(stop) - x);
        const row = this.shown.indexOf(channel);
        if (channel >= 0 && row < 0) continue;
        const [top, high] = channel < 0 ? [TOP, height - TOP - BOTTOM] : [TOP + row * lane, lane];
        context.globalAlpha = status === REJECTED ? 0.06 : 0.24;
        context.fillStyle = c.kinds[kind];
        context.fillRect(x, top, wide, high);
        context.globalAlpha = 1;
        if (number === this.selected) {
          context.strokeStyle = c.accent;
          context.lineWidth = 2;
          context.strokeRect(x, top + 1, wide, high - 2);
        }
        if (wide > 70) {
          context.fillStyle = c.ink;
          context.font = `11px ${c.font}`;
          context.textAlign = "left";
          context.fillText(KINDS[kind] + (status === REJECTED ? " (rejected)" : ""), Math.max(x, LEFT) + 4, top + high - 6);
        }
      }
      if (this.span) {
        context.globalAlpha = 0.25;
        context.fillStyle = c.accent;
        context.fillRect(xOf(this.span[0]), TOP, xOf(this.span[1]) - xOf(this.span[0]), height - TOP - BOTTOM);
        context.globalAlpha = 1;
      }
    },
    drawLane(context, piece, top, height, xOf, c) {
      if (!piece) return [0, 1];
      const { places, values } = piece;
      let low = Infinity, high = -Infinity;
      for (let k = 0; k < values.length; k++) {
        if (places[k] < this.start || places[k] > this.stop) continue;
        const value = values[k];
        if (value < low) low = value;
        if (value > high) high = value;
      }
      let [bottom, upper] = limits(low, high);
      if (this.scale > 0) {
        const middle = high >= low ? this.middle(values) : 0;
        [bottom, upper] = [middle - this.scale, middle + this.scale];
      }
      const yOf = (uv) => top + height - 4 - ((uv - bottom) / (upper - bottom)) * (height - 12);
      context.save();
      context.beginPath();
      context.rect(LEFT, top, context.canvas.clientWidth, height);
      context.clip();
      context.strokeStyle = c.trace;
      context.lineWidth = 1;
      context.lineJoin = "round";
      context.beginPath();
      let pen = false;
      for (let k = 0; k < values.length; k++) {
        if (Number.isNaN(values[k])) { pen = false; continue; }
        const x = xOf(places[k]), y = yOf(values[k]);
        if (pen) context.lineTo(x, y);
        else context.moveTo(x, y);
        pen = true;
      }
      context.stroke();
      const perSample = xOf(1) - xOf(0);
      if (perSample > 5) {
        context.fillStyle = c.trace;
        for (let k = 0; k < values.length; k++)
          if (!Number.isNaN(values[k])) context.fillRect(xOf(places[k]) - 1.5, yOf(values[k]) - 1.5, 3, 3);
      }
      context.restore();
      return [bottom, upper];
    },
    middle(values) {
      const some = [];
      const step = Math.max(1, Math.floor(values.length / 400));
      for (let k = 0; k < values.length; k += step) if (!Number.isNaN(values[k])) some.push(values[k]);
      some.sort((a, b) => a - b);
      return some.length ? some[some.length >> 1] : 0;
    },
    marks(context, lane, height, xOf, c) {
      context.textAlign = "center";
      context.font = `11px ${c.font}`;
      let before = -Infinity;
      for (const [number, , , peak, kind, channel, family, status] of (this.events && this.events.events) || []) {
        if ((kind !== TWITCH && kind !== CARDIAC) || peak < 0) continue;
        const row = channel < 0 ? 0 : this.shown.indexOf(channel);
        if (row < 0) continue; // on a channel that is not shown
        const x = xOf(peak), y = TOP + row * lane + 2;
        const colour = kind === CARDIAC ? c.kinds[CARDIAC] : colourOf(c, family);
        if (number === this.selected) {
          context.strokeStyle = c.accent;
          context.lineWidth = 2;
          context.strokeRect(x - 8, y - 9, 16, lane + 8);
        }
        context.globalAlpha = status === REJECTED ? 0.35 : 1;
        triangle(context, x, y, 6, colour, status === REJECTED || family === 0);
        context.globalAlpha = 1;
        if (status === REJECTED) {
          context.strokeStyle = c.ink;
          context.lineWidth = 1;
          context.beginPath();
          context.moveTo(x - 5, y + 5);
          context.lineTo(x + 5, y - 5);
          context.stroke();
        } else if (x - before > 10 && lane > 40) {
          context.fillStyle = c.ink;
          context.fillText(kind === CARDIAC ? "♥" : family > 0 ? String(family) : "", x, y - 6);
          before = x;
        }
      }
      for (const [at, text] of (this.stripData && this.stripData.markers) || []) {
        if (at < this.start || at > this.stop) continue;
        const x = xOf(at);
        context.strokeStyle = c.accent;
        context.lineWidth = 1;
        context.setLineDash([4, 3]);
        context.beginPath();
        context.moveTo(x, TOP);
        context.lineTo(x, height - BOTTOM);
        context.stroke();
        context.setLineDash([]);
        context.fillStyle = c.accent;
        context.textAlign = "left";
        context.fillText(String(text).slice(0, 30), x + 3, height - BOTTOM - 4);
        context.textAlign = "center";
      }
    },
    axis(context, k, row, top, height, c) {
      const [low, high] = this.ranges[row] || [0, 1];
      context.font = `11px ${c.font}`;
      context.textAlign = "right";
      context.fillStyle = c.ink;
      context.fillText(String(this.names[k]).slice(0, 9), LEFT - 6, top + 12);
      if (height < 30) return;
      const step = niceStep(high - low, Math.max(1, Math.min(5, height / 40)));
      context.fillStyle = c.faint;
      for (let v = Math.ceil(low / step); v * step <= high; v++) {
        const y = top + height - 4 - ((v * step - low) / (high - low)) * (height - 12);
        if (y > top + 22 && y < top + height) context.fillText(microvolts(Math.round(v * step * 1000) / 1000), LEFT - 6, y + 4);
      }
    },
    drawStrip() {
      const { context, width, height } = fit(this.top);
      const c = this.colours, data = this.stripData;
      const xOf = (sample) => LEFT + (sample / this.length) * (width - LEFT);
      const bottom = height - BOTTOM;
      context.clearRect(0, 0, width, height);
      context.font = `11px ${c.font}`;
      if (data && data.stretches)
        for (const [start, stop, kind] of data.stretches) {
          context.globalAlpha = 0.4;
          context.fillStyle = c.kinds[kind];
          context.fillRect(xOf(start), 6, Math.max(1, xOf(stop) - xOf(start)), bottom - 6);
          context.globalAlpha = 1;
        }
      if (data && data.per_minute) {
        const most = Math.max(1, ...data.per_minute.filter((v) => v !== null));
        context.fillStyle = c.accent;
        data.per_minute.forEach((value, k) => {
          if (value === null) return;
          const x = xOf(data.edges_s[k] * this.fs), to = xOf(data.edges_s[k + 1] * this.fs);
          const tall = (value / most) * (bottom - 12);
          context.fillRect(x, bottom - tall, Math.max(0.7, to - x - 0.5), tall);
        });
        context.fillStyle = c.faint;
        context.textAlign = "right";
        context.fillText(most >= 10 ? most.toFixed(0) : most.toFixed(1), LEFT - 6, 16);
        context.fillText("0", LEFT - 6, bottom);
        context.fillText("a minute", LEFT - 6, 30);
      } else {
        context.fillStyle = c.faint;
        context.textAlign = "center";
        context.fillText("The rate over time comes when the recording has been looked through.", width / 2, height / 2);
      }
      const span = this.length / this.fs, step = timeStep(span, Math.max(2, (width - LEFT) / 90));
      context.fillStyle = c.faint;
      context.textAlign = "center";
      for (let k = 0; k * step <= span; k++) {
        const x = xOf(k * step * this.fs);
        if (x < width - 24) context.fillText(clock(k * step, step), x, height - 6);
      }
      for (const [at] of (data && data.markers) || []) {
        context.fillStyle = c.accent;
        context.fillRect(xOf(at), 2, 1.5, bottom - 2);
      }
      const x = xOf(this.start), to = Math.max(xOf(this.stop), x + 3);
      context.strokeStyle = c.ink;
      context.lineWidth = 1.5;
      context.strokeRect(x, 1.5, to - x, bottom);
    },
  },
};
