"use strict";
// A solve while it runs: what is proved so far, what was found, and every question asked.
(() => {
  const [WIDTH, HEIGHT, LEFT, BOTTOM] = [720, 190, 64, 22];
  const MOST_LINES = 500;
  const FINAL = ["done", "cancelled", "failed"];

  const sentence = (progress) => {
    const at = progress.initiation_interval ? `II ${twill.number(progress.initiation_interval)}` : "";
    const stages = progress.stages ? `, done within ${progress.stages} II` : "";
    const by = progress.backend ? ` (${{ "cp-sat": "CP-SAT", z3: "Z3" }[progress.backend] || progress.backend})` : "";
    const said = {
      bounds: `no II below ${twill.number(progress.lower_bound || 1)}`,
      probe: `asking for ${at}${stages}`,
      verdict: `${at}${stages}: ${progress.verdict || "unknown"}${by}`,
      incumbent: `found ${at}${by}`,
      objective: "second objectives",
      done: "done",
    }[progress.kind] || progress.kind;
    return progress.detail ? `${said}: ${progress.detail}` : said;
  };

  const words = (event) => {
    if (event.progress) return sentence(event.progress);
    const said = { queued: "queued", started: "started", retried: "started again", ended: "ended" }[event.kind] || event.kind;
    const state = event.kind === "ended" && event.job ? `: ${event.job.status || event.job.state}` : "";
    const why = event.reason && !state.endsWith(event.reason) ? `: ${event.reason}` : "";
    return `${said}${state}${why}`;
  };

  const clock = (seconds) => (seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`);

  // Lower bound and best II over time; they meet when the best is proved.
  class Plot {
    constructor() {
      this.points = []; // [seconds, lower bound or null, best or null]
      this.probes = []; // [seconds, II, verdict]
      this.element = twill.svg("svg", { class: "plotted", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
    }

    add(seconds, lower, best) { this.points.push([seconds, lower, best]); }

    draw(now) {
      const values = [...this.points.flatMap(([, lower, best]) => [lower, best]), ...this.probes.map((probe) => probe[1])]
        .filter((value) => value);
      if (!values.length) return;
      const [low, high] = [Math.min(...values), Math.max(...values)];
      const room = Math.max((high - low) * 0.12, high * 0.02, 1);
      const end = Math.max(now, 1);
      const x = (seconds) => LEFT + (seconds / end) * (WIDTH - LEFT - 8);
      const y = (value) => HEIGHT - BOTTOM - ((value - low + room) / (high - low + 2 * room)) * (HEIGHT - BOTTOM - 8);
      this.element.replaceChildren(...this.axes(low - room, high + room, end, x, y),
        ...this.probes.map(([seconds, interval, verdict]) => twill.svg("circle", { class: `probe ${verdict}`, cx: x(seconds), cy: y(interval), r: 3 })),
        twill.svg("path", { class: "lower", d: this.path(1, x, y, end) }), twill.svg("path", { class: "best", d: this.path(2, x, y, end) }));
      const last = this.points[this.points.length - 1];
      this.element.setAttribute("aria-label", `Lower bound ${last[1] ?? "unknown"}, best ${last[2] ?? "none yet"}, after ${clock(now)}`);
    }

    path(column, x, y, end) {
      const known = this.points.filter((point) => point[column]);
      if (!known.length) return "M0 0";
      let path = `M${x(known[0][0])} ${y(known[0][column])}`;
      for (const point of known.slice(1)) path += `H${x(point[0])}V${y(point[column])}`;
      return `${path}H${x(end)}`;
    }

    axes(low, high, end, x, y) {
      const parts = [];
      const step = twill.roundStep((high - low) / (HEIGHT - BOTTOM), 40);
      for (let at = Math.ceil(low / step) * step; at <= high; at += step) {
        parts.push(twill.svg("line", { class: "tick", x1: LEFT, x2: WIDTH - 8, y1: y(at), y2: y(at) }),
          twill.svg("text", { class: "end", x: LEFT - 8, y: y(at) + 4 }, twill.number(at)));
      }
      const seconds = twill.roundStep(end / (WIDTH - LEFT), 90);
      for (let at = 0; at <= end; at += seconds) parts.push(twill.svg("text", { x: x(at), y: HEIGHT - 6 }, clock(at).replace(".0", "")));
      return parts;
    }
  }

  twill.ProgressView = class {
    // job: as the service told it; onEnded: called with its final form.
    constructor(job, onEnded) {
      this.job = job;
      this.onEnded = onEnded;
      this.plot = new Plot();
      this.lower = job.lower_bound;
      this.best = job.initiation_interval;
      this.begun = Date.parse(job.started_at || job.created_at);
      this.stopping = new AbortController();
      this.build();
    }

    build() {
      this.log = twill.html("ol", { class: "log", role: "log", "aria-label": "What was asked and answered", tabindex: 0 });
      this.known = twill.html("p", { class: "known", "aria-live": "polite" });
      this.clock = twill.html("span", { class: "reading" });
      this.cancel = twill.html("button", { type: "button", onclick: () => this.stop() }, "Cancel");
      this.state = twill.html("span", { class: "status" });
      this.fault = twill.html("p", { class: "fault", role: "alert", hidden: true });
      this.element = twill.html("main", { class: "progress panels" },
        twill.html("div", { class: "titles" }, twill.html("h1", null, this.job.kernel, twill.html("span", null, ` on ${this.job.gpu}`)), this.state, this.clock,
          twill.html("div", { class: "actions" }, this.cancel)),
        this.known, this.fault, this.plot.element,
        twill.html("div", { class: "legend" },
          twill.html("span", { class: "key" }, twill.html("i", { class: "swatch line best" }), "best II found"),
          twill.html("span", { class: "key" }, twill.html("i", { class: "swatch line lower" }), "no II below"),
          twill.html("span", { class: "key" }, twill.html("i", { class: "swatch dot feasible" }), "feasible"),
          twill.html("span", { class: "key" }, twill.html("i", { class: "swatch dot infeasible" }), "infeasible, proved"),
          twill.html("span", { class: "key" }, twill.html("i", { class: "swatch dot unknown" }), "not decided")),
        this.log);
      this.show();
    }

    start() {
      this.timer = setInterval(() => this.tick(), 250);
      twill.watchEvents(this.job.id, (event) => this.take(event), this.stopping.signal)
        .catch((fault) => this.refused(fault));
    }

    end() {
      clearInterval(this.timer);
      this.stopping.abort();
    }

    take(event) {
      const at = Date.parse(event.at);
      if (event.kind === "queued" || event.kind === "started") this.begun = at;
      const seconds = Math.max((at - this.begun) / 1000, 0);
      if (event.kind === "started" || event.kind === "retried") this.job = { ...this.job, state: "running" };
      const { progress } = event;
      if (progress) {
        if (progress.lower_bound) this.lower = Math.max(this.lower || 1, progress.lower_bound);
        const best = progress.best || (progress.kind === "incumbent" ? progress.initiation_interval : null);
        if (best) this.best = this.best ? Math.min(this.best, best) : best;
        if (progress.kind === "verdict" && progress.initiation_interval) this.plot.probes.push([seconds, progress.initiation_interval, progress.verdict || "unknown"]);
        this.plot.add(seconds, this.lower, this.best);
      }
      this.write(seconds, words(event));
      if (event.kind === "ended" && event.job) {
        this.job = event.job;
        clearInterval(this.timer);
        this.plot.draw(seconds);
      }
      this.show();
      if (event.kind === "ended" && event.job) this.onEnded(event.job);
    }

    write(seconds, text) {
      this.log.append(twill.html("li", null, twill.html("time", null, clock(seconds)), text));
      while (this.log.childElementCount > MOST_LINES) this.log.firstChild.remove();
      this.log.scrollTop = this.log.scrollHeight;
    }

    tick() {
      const seconds = Math.max((Date.now() - this.begun) / 1000, 0);
      this.clock.textContent = clock(seconds);
      this.plot.draw(Math.max(seconds, ...this.plot.points.map((point) => point[0]), 0));
    }

    show() {
      const { state, status } = this.job;
      this.state.textContent = status || state;
      this.state.className = `status ${status || state}`;
      this.cancel.hidden = FINAL.includes(state);
      const best = this.best ? twill.number(this.best) : "?";
      const proved = this.best && this.best === this.lower ? " – least, proved" : "";
      this.known.replaceChildren(twill.html("b", null, twill.number(this.lower || 1)), " ≤ II ≤ ", twill.html("b", null, best), proved);
    }

    async stop() {
      this.cancel.disabled = true;
      this.cancel.textContent = "Cancelling";
      try {
        await twill.api.cancel(this.job.id);
      } catch (fault) {
        this.cancel.disabled = false;
        this.cancel.textContent = "Cancel";
        this.refused(fault);
      }
    }

    refused(fault) {
      this.fault.textContent = fault.message;
      this.fault.hidden = false;
    }

    // How it was found, for the page of the result.
    folded() {
      return twill.html("details", { class: "found" }, twill.html("summary", null, "How it was found"), this.plot.element, this.log);
    }
  };

  twill.isFinal = (job) => FINAL.includes(job.state);
})();
