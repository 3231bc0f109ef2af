// The live trace: binary frames from a websocket onto a canvas, ten seconds long.
import { GAP, TWITCH, colourOf, fit, limits, microvolts, niceStep, theme, triangle, watch } from "fasciscope-draw";

const LEFT = 58, TOP = 18, BOTTOM = 20;

export default {
  template: `<div class="fs-scope">
    <canvas role="img" :aria-label="label"></canvas>
    <div v-if="note" class="fs-scope-note" role="status">{{ note }}</div>
  </div>`,
  props: { label: String, scale: Number, idle: String },
  data() {
    return { note: this.idle };
  },
  watch: {
    scale() {
      this.dirty = true;
    },
  },
  mounted() {
    this.stats = { frames: 0, newest: 0, drawn_ms: 0, spent_ms: 0, fs_hz: 0 };
    window.fasciscopeScope = this.stats;
    this.canvas = this.$el.querySelector("canvas");
    this.head = null;
    this.events = [];
    this.marks = [];
    this.ranges = [];
    this.retry_ms = 250;
    const recoloured = () => ((this.colours = null), (this.dirty = true));
    this.unwatch = watch(this.canvas, () => (this.dirty = true), recoloured);
    this.open();
    this.turn();
  },
  unmounted() {
    this.gone = true;
    this.unwatch();
    cancelAnimationFrame(this.raf);
    clearTimeout(this.later);
    if (this.socket) this.socket.close();
  },
  methods: {
    open() {
      const way = location.protocol === "https:" ? "wss:" : "ws:";
      this.socket = new WebSocket(`${way}//${location.host}/api/live`);
      this.socket.binaryType = "arraybuffer";
      this.socket.onmessage = (message) => {
        this.retry_ms = 250;
        if (typeof message.data === "string") this.told(JSON.parse(message.data));
        else this.frame(message.data);
      };
      this.socket.onclose = () => {
        if (this.gone) return;
        this.note = "The app does not answer. A recording goes on if the app is running; this page looks again by itself.";
        this.later = setTimeout(() => this.open(), this.retry_ms);
        this.retry_ms = Math.min(2 * this.retry_ms, 4000);
      };
    },
    told(message) {
      if (message.kind === "hello") {
        this.head = message;
        this.bins = Math.ceil((message.span_s * message.fs_hz) / message.bin_samples);
        this.ring = new Float32Array(this.bins * message.channels.length * 2).fill(NaN);
        this.last = 0;
        this.newest = 0;
        this.ranges = message.channels.map(() => null);
        this.events = [];
        this.marks = [];
        this.stats.fs_hz = message.fs_hz;
        this.note = "";
      } else if (message.kind === "marks") {
        this.events = message.events;
        this.marks = message.marks;
      }
      this.dirty = true;
    },
    frame(data) {
      if (!this.head) return;
      const [first, newest, , n] = new Float64Array(data, 0, 4);
      const values = new Float32Array(data, 32);
      const width = this.head.channels.length * 2;
      const skipped = Math.min(first - this.last, this.bins);
      for (let k = 0; k < skipped; k++) {
        const at = ((first - 1 - k) % this.bins) * width;
        this.ring.fill(NaN, at, at + width);
      }
      const from = Math.max(0, n - this.bins);
      for (let k = from; k < n; k++)
        this.ring.set(values.subarray(k * width, (k + 1) * width), ((first + k) % this.bins) * width);
      this.last = first + n;
      this.newest = newest;
      this.note = "";
      this.dirty = true;
    },
    turn() {
      this.raf = requestAnimationFrame(() => this.turn());
      if (!this.dirty) return;
      this.dirty = false;
      const begun = performance.now();
      this.draw();
      this.stats.spent_ms += performance.now() - begun;
      this.stats.frames += 1;
      this.stats.newest = this.newest || 0;
      this.stats.drawn_ms = Date.now();
    },
    draw() {
      const { context, width, height } = fit(this.canvas);
      this.colours = this.colours || theme(this.$el);
      const c = this.colours;
      context.clearRect(0, 0, width, height);
      if (!this.head) return;
      const names = this.head.channels;
      const lane = (height - TOP - BOTTOM) / names.length;
      const perBin = (width - LEFT) / this.bins;
      const right = this.newest / this.head.bin_samples; // in bins
      const xOf = (bin) => width - (right - bin) * perBin;
      this.seconds(context, width, height, c);
      context.save();
      context.beginPath();
      context.rect(LEFT, 0, width - LEFT, height - BOTTOM);
      context.clip();
      this.shade(context, xOf, height, c);
      names.forEach((_, k) => this.lane(context, k, TOP + k * lane, lane, xOf, c));
      this.ticks(context, xOf, lane, height, c);
      context.restore();
      names.forEach((name, k) => this.axis(context, name, k, TOP + k * lane, lane, c));
    },
    seconds(context, width, height, c) {
      const perSecond = (width - LEFT) / this.head.span_s;
      context.strokeStyle = c.grid;
      context.fillStyle = c.faint;
      context.font = `11px ${c.font}`;
      context.lineWidth = 1;
      context.textAlign = "center";
      const every = perSecond < 40 ? 2 : 1;
      for (let s = 0; s <= this.head.span_s; s += every) {
        const x = Math.round(width - s * perSecond) - 0.5;
        context.beginPath();
        context.moveTo(x, TOP);
        context.lineTo(x, height - BOTTOM);
        context.stroke();
        if (s > 0 && s < this.head.span_s) context.fillText(`−${s} s`, x, height - 6);
      }
      context.textAlign = "right";
      context.fillText("now", width - 2, height - 6);
    },
    // What is seen of a channel, column by column: [x, low, high], a few hundred of them.
    columns(k, xOf) {
      const n = this.head.channels.length;
      const out = [];
      const first = Math.max(0, this.last - this.bins);
      let x = NaN, low = Infinity, high = -Infinity;
      for (let bin = first; bin < this.last; bin++) {
        const at = ((bin % this.bins) * n + k) * 2;
        const here = Math.round(xOf(bin + 0.5) * 2) / 2;
        if (here !== x) {
          if (high >= low) out.push([x, low, high]);
          x = here;
          low = Infinity;
          high = -Infinity;
        }
        const a = this.ring[at], b = this.ring[at + 1];
        if (a < low) low = a;
        if (b > high) high = b;
      }
      if (high >= low) out.push([x, low, high]);
      return out;
    },
    lane(context, k, top, height, xOf, c) {
      const columns = this.columns(k, xOf);
      let low = Infinity, high = -Infinity;
      for (const [, a, b] of columns) {
        if (a < low) low = a;
        if (b > high) high = b;
      }
      this.ranges[k] = this.range(this.ranges[k], low, high);
      const [bottom, upper] = this.ranges[k];
      const yOf = (uv) => top + height - 4 - ((uv - bottom) / (upper - bottom)) * (height - 8);
      context.strokeStyle = c.trace;
      context.lineWidth = 1;
      context.beginPath();
      let before = NaN;
      const step = Math.max(1, (context.canvas.clientWidth - LEFT) / this.bins) * 2.5;
      for (const [x, a, b] of columns) {
        if (x - before > step || Number.isNaN(before)) context.moveTo(x, yOf(a));
        else context.lineTo(x, yOf(a));
        context.lineTo(x, yOf(b) - 0.5);
        before = x;
      }
      context.stroke();
    },
    range(old, low, high) {
      if (this.scale > 0) {
        const middle = Number.isFinite(low) ? (low + high) / 2 : 0;
        const held = old && Math.abs((old[0] + old[1]) / 2 - middle) < this.scale ? (old[0] + old[1]) / 2 : middle;
        return [held - this.scale, held + this.scale];
      }
      const [bottom, top] = limits(low, high);
      // grows at once, shrinks when there is a good deal of room
      if (!old || bottom < old[0] || top > old[1] || top - bottom < 0.6 * (old[1] - old[0])) return [bottom, top];
      return old;
    },
    shade(context, xOf, height, c) {
      for (const [start, stop, , kind] of this.events) {
        if (kind === TWITCH) continue;
        const x = xOf(start / this.head.bin_samples), to = xOf(stop / this.head.bin_samples);
        context.globalAlpha = kind === GAP ? 0.5 : 0.22;
        context.fillStyle = c.kinds[kind];
        context.fillRect(x, TOP, Math.max(1, to - x), height - TOP - BOTTOM);
        context.globalAlpha = 1;
      }
    },
    ticks(context, xOf, lane, height, c) {
      context.font = `11px ${c.font}`;
      context.textAlign = "center";
      let before = -Infinity;
      for (const [, , peak, kind, channel, family] of this.events) {
        if (kind !== TWITCH || peak < 0) continue;
        const x = xOf(peak / this.head.bin_samples);
        const top = TOP + Math.max(channel, 0) * lane;
        triangle(context, x, top + 3, 6, colourOf(c, family), family === 0);
        if (family > 0 && x - before > 9 && lane > 40) {
          context.fillStyle = c.ink;
          context.fillText(String(family), x, top - 4 < 10 ? 10 : top - 4);
          before = x;
        }
      }
      for (const [at, text] of this.marks) {
        const x = xOf(at / this.head.bin_samples);
        context.strokeStyle = c.accent;
        context.setLineDash([4, 3]);
        context.beginPath();
        context.moveTo(x, TOP);
        context.lineTo(x, height - BOTTOM);
        context.stroke();
        context.setLineDash([]);
        context.fillStyle = c.accent;
        context.textAlign = "left";
        context.fillText(text.slice(0, 24), x + 3, height - BOTTOM - 4);
        context.textAlign = "center";
      }
    },
    axis(context, name, k, top, height, c) {
      const [low, high] = this.ranges[k] || [0, 1];
      context.font = `11px ${c.font}`;
      context.textAlign = "right";
      context.fillStyle = c.ink;
      context.fillText(name.slice(0, 9), LEFT - 6, top + 12);
      if (height < 44) return;
      const step = niceStep(high - low, Math.min(4, height / 34));
      context.fillStyle = c.faint;
      const middle = (low + high) / 2;
      const half = Math.floor((high - low) / 2 / step) * step;
      for (const uv of [-half, half].filter((v, at) => at === 0 || v !== -half)) {
        const y = top + height - 4 - ((uv + middle - low) / (high - low)) * (height - 8);
        if (y > top + 22) context.fillText(microvolts(uv), LEFT - 6, Math.min(y + 4, top + height - 2));
      }
    },
  },
};
