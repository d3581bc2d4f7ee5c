"use strict";
// Two schedules side by side: figures, what moved, and one period of each on one scale.
(() => {
  // Groups of b named as in a: those that share most operations belong together.
  const matchGroups = (a, b) => {
    const names = (data, group) => new Set(group.operations.map((at) => data.operations[at].name));
    const pairs = a.groups.flatMap((one) => b.groups.map((other) => {
      const mine = names(a, one);
      const shared = [...names(b, other)].filter((name) => mine.has(name)).length;
      return { one: one.name, other: other.name, shared: one.index === 0 || other.index === 0 ? (one.index === other.index ? 1e6 : 0) : shared };
    })).filter((pair) => pair.shared).sort((p, q) => q.shared - p.shared);
    const found = new Map();
    const taken = new Set();
    for (const pair of pairs) {
      if (found.has(pair.other) || taken.has(pair.one)) continue;
      found.set(pair.other, pair.one);
      taken.add(pair.one);
    }
    return found;
  };

  // The operations of each group that do not keep their order: those outside a longest common one.
  const reordered = (before, after) => {
    const common = before.filter((name) => after.includes(name));
    const other = after.filter((name) => before.includes(name));
    let best = null;
    for (let turn = 0; turn < Math.max(other.length, 1); turn += 1) { // orders go round with the period
      const turned = [...other.slice(turn), ...other.slice(0, turn)];
      const kept = longestCommon(common, turned);
      if (!best || kept.length > best.length) best = kept;
    }
    return new Set(common.filter((name) => !best.includes(name)));
  };

  const longestCommon = (a, b) => {
    const rank = new Map(a.map((name, at) => [name, at]));
    const best = b.map(() => []);
    let longest = [];
    b.forEach((name, at) => {
      for (let k = 0; k < at; k += 1) {
        if (rank.get(b[k]) < rank.get(name) && best[k].length > best[at].length) best[at] = best[k];
      }
      best[at] = [...best[at], name];
      if (best[at].length > longest.length) longest = best[at];
    });
    return longest;
  };

  twill.compare = (a, b) => {
    const groups = matchGroups(a, b);
    const mine = new Map(a.operations.map((operation) => [operation.name, operation]));
    const others = new Map(b.operations.map((operation) => [operation.name, operation]));
    const moved = new Set();
    for (const group of b.groups) {
      const before = a.groups.find((one) => one.name === groups.get(group.name));
      if (!before) continue;
      const order = (data, each) => each.operations.map((at) => data.operations[at].name);
      for (const name of reordered(order(a, before), order(b, group))) moved.add(name);
    }
    return [...new Set([...mine.keys(), ...others.keys()])].map((name) => {
      const [one, other] = [mine.get(name) || null, others.get(name) || null];
      const changes = [];
      if (!one || !other) changes.push(one ? "only in A" : "only in B");
      else {
        if (one.group !== (groups.get(other.group) || other.group)) changes.push("group");
        if (one.stage !== other.stage) changes.push("stage");
        if (moved.has(name)) changes.push("order");
        if (one.slot !== other.slot && !changes.length) changes.push("slot");
      }
      return { name, one, other, changes };
    });
  };

  const memory = (name) => (data) => {
    const held = data.memories.find((each) => each.name === name);
    return held ? held.reserved ?? held.peak : null;
  };
  const registers = (data) => data.groups.filter((group) => group.registers).map((group) => group.registers).join(" + ");

  const FIGURES = [
    ["status", (data) => data.status],
    ["initiation interval", (data) => data.figures.initiation_interval],
    ["lower bound", (data) => data.figures.lower_bound],
    ["ResMII", (data) => data.figures.resource],
    ["RecMII", (data) => data.figures.recurrence],
    ["schedule length", (data) => data.figures.schedule_length],
    ["stages", (data) => data.figures.stages],
    ["warp groups", (data) => data.groups.length || null],
    ["operations", (data) => data.operations.length],
    ["registers per thread", registers],
  ];

  const shown = (value) => (typeof value === "number" ? twill.number(value) : value || "–");

  const difference = (one, other) => {
    if (typeof one !== "number" || typeof other !== "number" || one === other) return "";
    const by = other - one;
    const percent = one ? ` (${by > 0 ? "+" : "−"}${Math.abs(100 * by / one).toFixed(1)} %)` : "";
    return `${by > 0 ? "+" : "−"}${twill.number(Math.abs(by))}${percent}`;
  };

  const memoryFigures = (a, b) => [...new Set([...a.memories, ...b.memories].map((held) => held.name))]
    .map((name) => [`${name}, ${[...a.memories, ...b.memories].find((held) => held.name === name).unit}`, memory(name)]);

  const figures = (a, b) => twill.table(["", "#A", "#B", "#B against A"], [...FIGURES, ...memoryFigures(a, b)].map(([name, read]) => {
    const [one, other] = [read(a), read(b)];
    return twill.html("tr", { class: one === other ? null : "differs" }, twill.html("th", { scope: "row" }, name),
      twill.html("td", { class: "n" }, shown(one)), twill.html("td", { class: "n" }, shown(other)),
      twill.html("td", { class: "n" }, difference(one, other)));
  }), { class: "grid", label: "Figures" });

  const place = (operation) => (operation
    ? [operation.group || "–", twill.number(operation.stage), twill.number(operation.slot)] : ["–", "–", "–"]);

  const operations = (rows) => twill.table(
    ["operation", "A: warp group", "#stage", "#slot", "B: warp group", "#stage", "#slot", "what moved"],
    rows.map(({ name, one, other, changes }) => twill.html("tr", { class: changes.length && !changes.includes("slot") ? "differs" : null },
      twill.html("th", { scope: "row" }, name),
      [...place(one), ...place(other)].map((value, at) => twill.html("td", { class: at % 3 ? "n" : null }, value)),
      twill.html("td", null, changes.map((change) => twill.html("span", { class: `tag ${change.split(" ")[0]}` }, change))))),
    { class: "grid", label: "Operations" });

  const summary = (rows) => {
    const count = (word) => rows.filter((row) => row.changes.includes(word)).length;
    const parts = [["group", "in another warp group"], ["stage", "in another stage"], ["order", "in another order"], ["slot", "only shifted within the period"],
      ["only in A", "only in A"], ["only in B", "only in B"]].filter(([word]) => count(word)).map(([word, said]) => `${count(word)} ${said}`);
    return parts.length ? `Of ${twill.plural(rows.length, "operation")}: ${parts.join(", ")}.` : "Every operation stands where it stood.";
  };

  const period = (data, letter, scale) => {
    if (!data.steady) return twill.html("p", { class: "empty" }, `${letter} has no schedule to draw.`);
    const interval = data.figures.initiation_interval;
    const groups = data.steady.groups.map((row) => ({ ...row, lanes: row.lanes.map((lane) => lane
      .filter((bar) => bar[2] < interval)
      .map(([at, iteration, first, solid, end]) => [at, iteration, first, Math.min(solid, interval), Math.min(end, interval)])) }));
    const selection = new twill.Selection();
    const chart = twill.scheduleChart(data, { ...data.steady, groups, units: [] }, selection, `${letter}: one period of the steady state`);
    chart.end = scale;
    chart.show(0, scale);
    return twill.html("figure", null, twill.html("figcaption", null, twill.html("b", null, letter), ` ${data.name}`), chart.element);
  };

  const stages = (a, b) => twill.html("div", { class: "legend" },
    Array.from({ length: Math.min(Math.max(a.figures.stages || 1, b.figures.stages || 1), twill.COLOURS) }, (_, at) =>
      twill.html("span", { class: "key" }, twill.html("i", { class: `swatch i${at}` }), at ? `${twill.plural(at, "iteration")} older` : "newest iteration")));

  twill.compareView = (a, b) => {
    const rows = twill.compare(a, b);
    const scale = Math.max(a.figures.initiation_interval || 1, b.figures.initiation_interval || 1);
    return twill.html("div", { class: "view-compare" },
      twill.html("section", null, twill.html("h3", null, "Figures"), figures(a, b)),
      twill.html("section", null, twill.html("h3", null, "One period of the steady state, on one scale"), period(a, "A", scale), period(b, "B", scale), stages(a, b)),
      twill.html("section", null, twill.html("h3", null, "Operations"), twill.html("p", { class: "lead" }, summary(rows)), operations(rows)));
  };
})();
