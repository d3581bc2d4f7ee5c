"use strict";
// The certificate: what is proved, how, and under which conditions.
(() => {
  const boundRows = (data) => {
    const { initiation_interval: interval, minimum, recurrence } = data.figures;
    const scale = Math.max(interval || 0, minimum || 0, 1);
    const row = (name, work, capacity, bound) => twill.html("tr", { class: bound === minimum ? "most" : null },
      twill.html("th", { scope: "row" }, name), twill.html("td", { class: "n" }, work), twill.html("td", { class: "n" }, capacity),
      twill.html("td", { class: "n" }, twill.number(bound)), twill.html("td", { class: "meter" }, meter(bound / scale)));
    const rows = data.certificate.units.filter((each) => each.work).map((each) =>
      row(each.unit, twill.number(each.work), twill.number(each.capacity), each.bound));
    if (data.recurrence) {
      rows.push(row("recurrence", twill.number(data.recurrence.latency_cycles), twill.number(data.recurrence.distance), recurrence));
    }
    return rows;
  };

  const meter = (share) => twill.svg("svg", { class: "meter", width: 160, height: 10, role: "img", "aria-label": twill.percent(share) },
    twill.svg("rect", { class: "rowback", width: 160, height: 10, rx: 2 }),
    twill.svg("rect", { class: "fill", width: Math.min(share, 1) * 160, height: 10, rx: 2 }));

  const list = (sentences) => twill.html("ul", { class: "sentences" }, sentences.map((each) => twill.html("li", null, each)));

  const digests = (data) => {
    const { certificate } = data;
    const pairs = [
      ["problem", certificate.problem_digest], ["schedule", certificate.schedule_digest],
      ["kernel", certificate.kernel_digest], ["profile", certificate.profile_digest],
      ...certificate.versions,
    ].filter(([, value]) => value);
    return twill.html("dl", { class: "facts digests" }, pairs.map(([name, value]) =>
      [twill.html("dt", null, name), twill.html("dd", null, value)]));
  };

  twill.certificateView = (data) => {
    const { certificate } = data;
    if (!certificate.proof.length && !certificate.bounds.length) {
      return twill.html("div", null, twill.html("p", { class: "empty" }, "This answer carries no certificate."), digests(data));
    }
    return twill.html("div", { class: "view-certificate" },
      twill.html("section", null, twill.html("h3", null, "What is proved, and how"),
        twill.html("p", { class: "lead" }, data.headline), list(certificate.proof)),
      twill.html("section", null, twill.html("h3", null, "Bounds"), list(certificate.bounds),
        certificate.units.length ? twill.table(["bound", "#work", "#capacity", "#cycles", data.figures.initiation_interval ? "of II" : "of MinII"], boundRows(data), { class: "grid", label: "Bounds" }) : null),
      twill.html("section", null, twill.html("h3", null, "Made from, and by"), digests(data)));
  };
})();
