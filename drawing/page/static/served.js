"use strict";
// The served page: what the address says is shown.
(() => {
  const place = twill.html("div", { class: "schedules" });
  let running = null;

  const keyField = () => {
    const input = twill.html("input", { type: "password", id: "key", autocomplete: "off", spellcheck: "false", size: 18, placeholder: "none", value: twill.api.key.get() });
    input.addEventListener("change", () => {
      twill.api.key.set(input.value.trim());
      route();
    });
    return twill.html("form", { class: "key-field", onsubmit: (event) => { event.preventDefault(); input.blur(); } },
      twill.html("label", null, "API key ", input));
  };

  twill.askForKey = () => document.getElementById("key").focus();

  const fault = (error) => twill.html("main", { class: "panels" }, twill.html("h1", null, "Not shown"),
    twill.html("p", { class: "lead" }, error.message), twill.html("p", null, twill.html("a", { href: "#/" }, "All schedules")));

  const home = () => {
    const jobs = new twill.JobList();
    const form = new twill.SolveForm((job) => { location.hash = `#/schedules/${job.id}`; });
    form.fill();
    jobs.load();
    place.replaceChildren(twill.html("main", { class: "panels home" }, form.element, jobs.element));
    document.title = "Twill";
  };

  const ARTEFACTS = [["schedule.json", "JSON"], ["trace.json", "trace"], ["timeline.svg", "SVG"], ["kernel.cu", "CUDA"]];

  const links = (id, hasCuda) => ARTEFACTS.filter(([file]) => hasCuda || file !== "kernel.cu").map(([file, name]) =>
    twill.html("button", { type: "button", class: "quiet", "aria-label": `Download ${file}`, onclick: () => download(id, file) }, name));

  // A link could not send the key.
  const download = async (id, file) => {
    const response = await twill.api.request("GET", `v1/schedules/${id}/${file}`, { accept: "*/*" });
    const url = URL.createObjectURL(await response.blob());
    const link = twill.html("a", { href: url, download: file });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  };

  const schedule = async (id, still) => {
    const job = await twill.api.job(id);
    if (!still()) return;
    document.title = `${job.kernel} on ${job.gpu} - Twill`;
    if (twill.isFinal(job)) {
      await result(job, still, null);
      return;
    }
    running = new twill.ProgressView(job, (ended) => {
      const shown = running;
      running = null;
      if (still()) result(ended, still, shown).catch((error) => place.append(fault(error)));
    });
    place.replaceChildren(running.element);
    running.start();
  };

  // Why there is nothing to show; a cancelled job is no proof of anything.
  const without = (job) => {
    const why = job.reason && job.reason !== job.state ? ` (${job.reason})` : "";
    return job.state === "cancelled"
      ? `Cancelled before a schedule was found; nothing is proved by that${why}.` : `The job is ${job.state}${why}.`;
  };

  const result = async (job, still, progress) => {
    if (!job.result) {
      if (progress) progress.refused({ message: without(job) });
      else place.replaceChildren(fault({ message: `${job.kernel} on ${job.gpu}. ${without(job)}` }));
      return;
    }
    const page = await twill.api.page(job.id);
    if (!still()) return;
    place.replaceChildren(twill.schedulesView(page.schedules, { actions: links(job.id, page.schedules[0].sources.cuda !== null) }), ...(progress ? [progress.folded()] : []));
    scrollTo(0, 0);
  };

  const comparison = async (ids, still) => {
    const pages = await Promise.all(ids.map((id) => twill.api.page(id)));
    if (!still()) return;
    const schedules = pages.flatMap((page) => page.schedules.slice(0, 1));
    const names = schedules.map((data) => data.name);
    schedules.forEach((data, at) => {
      if (names.filter((name) => name === data.name).length > 1) data.name = `${data.title} (${at + 1})`;
    });
    document.title = "Comparison - Twill";
    place.replaceChildren(twill.schedulesView(schedules, { comparing: true }));
  };

  let turn = 0;
  const route = () => {
    turn += 1;
    const mine = turn;
    const still = () => mine === turn;
    if (running) running.end();
    running = null;
    twill.hideTooltip();
    const [, kind, ...ids] = location.hash.split("/");
    const known = ids.every((id) => /^[0-9a-f]{32}$/.test(id));
    const work = kind === "schedules" && ids.length === 1 && known ? schedule(ids[0], still)
      : kind === "compare" && ids.length === 2 && known ? comparison(ids, still)
        : Promise.resolve(home());
    work.catch((error) => { if (still()) place.replaceChildren(fault(error)); });
  };

  document.body.append(
    twill.html("header", { class: "top" }, twill.html("a", { class: "brand", href: "#/" }, twill.mark(), "Twill"),
      twill.html("nav", { "aria-label": "Page" }, twill.html("a", { href: "#/" }, "Solve and schedules")),
      twill.html("span", { class: "spring" }), keyField(), twill.themeButton()), place);
  addEventListener("hashchange", route);
  route();
})();
