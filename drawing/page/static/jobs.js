"use strict";
// The schedules that were asked for, newest first; two of them can be compared.
(() => {
  const PAUSE = 4000;

  const when = (moment) => (moment ? new Date(moment).toLocaleString(undefined, { dateStyle: "short", timeStyle: "short" }) : "");

  const interval = (job) => {
    if (job.initiation_interval) return twill.number(job.initiation_interval);
    return job.lower_bound ? `≥ ${twill.number(job.lower_bound)}` : "";
  };

  twill.JobList = class {
    constructor() {
      this.chosen = new Set();
      this.rows = twill.html("tbody");
      this.compare = twill.html("button", { type: "button", disabled: true, onclick: () => this.go() }, "Compare");
      this.more = twill.html("button", { type: "button", class: "quiet", hidden: true, onclick: () => this.load(this.next) }, "Older");
      this.said = twill.html("p", { class: "empty", hidden: true }, "Nothing has been solved yet.");
      this.element = twill.html("section", { class: "jobs" },
        twill.html("div", { class: "document-head" }, twill.html("h2", null, "Schedules"), this.compare),
        twill.html("div", { class: "scroll" }, twill.html("table", { class: "grid" },
          twill.html("thead", null, twill.html("tr", null, ["", "kernel", "GPU", "state"].map((name) => twill.html("th", { scope: "col" }, name)),
            twill.html("th", { scope: "col", class: "n" }, "II"), twill.html("th", { scope: "col" }, "asked for"))), this.rows)),
        this.said, this.more);
    }

    async load(after) {
      try {
        const { items: jobs, after: next } = await twill.api.jobs(after);
        this.next = next;
        this.more.hidden = !this.next;
        if (!after) this.rows.replaceChildren();
        this.rows.append(...jobs.map((job) => this.row(job)));
        this.said.hidden = this.rows.childElementCount > 0;
        this.again(after, jobs);
      } catch (fault) {
        this.said.textContent = fault.message;
        this.said.hidden = false;
      }
    }

    // Looks again while something runs and nobody has asked for older ones.
    again(after, jobs) {
      clearTimeout(this.timer);
      if (after || jobs.every(twill.isFinal)) return;
      this.timer = setTimeout(() => { if (this.element.isConnected) this.load(); }, PAUSE);
    }

    row(job) {
      const name = `${job.kernel} on ${job.gpu}`;
      const box = twill.html("input", { type: "checkbox", "aria-label": `Compare ${name}`, checked: this.chosen.has(job.id), disabled: !job.result, onchange: () => this.choose(job.id, box) });
      return twill.html("tr", null, twill.html("td", null, box),
        twill.html("th", { scope: "row" }, twill.html("a", { href: `#/schedules/${job.id}` }, job.kernel)), twill.html("td", null, job.gpu),
        twill.html("td", null, twill.html("span", { class: `status ${job.status || job.state}` }, job.status || job.state), job.reason ? twill.html("small", null, ` ${job.reason}`) : null),
        twill.html("td", { class: "n" }, interval(job)), twill.html("td", null, when(job.created_at)));
    }

    choose(id, box) {
      if (box.checked) this.chosen.add(id);
      else this.chosen.delete(id);
      this.compare.disabled = this.chosen.size !== 2;
      this.compare.textContent = this.chosen.size > 2 ? "Compare (choose two)" : "Compare";
    }

    go() { location.hash = `#/compare/${[...this.chosen].join("/")}`; }
  };
})();
