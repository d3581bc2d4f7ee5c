"use strict";
// Shared memory, Tensor Memory and registers over the slots of one period.
(() => {
  const MOST_HOLDINGS = 120;

  // How many copies of a holding are live in a slot.
  const copies = ([, , whole, pieces], slot) =>
    whole + pieces.filter(([first, end]) => first <= slot && slot < end).length;

  const strip = (held, interval, height, base) => {
    const drawnHoldings = held.holdings.slice(0, MOST_HOLDINGS);
    const pieces = drawnHoldings.flatMap(([, amount, whole, parts], at) => [
      ...(whole ? [[0, interval, whole * amount, at]] : []),
      ...parts.map(([first, end]) => [first, end, amount, at]),
    ]);
    const merged = mergeSame(pieces);
    const layers = twill.stack(merged, drawnHoldings.map((_, at) => at)).map(([first, end, low, high, at]) => {
      const [name, amount] = held.holdings[at];
      const live = Math.round((high - low) / amount);
      const title = `${name}: ${twill.number(high - low)} ${held.unit}, ${live} ${live === 1 ? "copy" : "copies"}, `
        + `slots ${twill.number(first)} – ${twill.number(end - 1)}`;
      return [first, end, low + held.base, high + held.base, { class: `h${at % 8}`, label: name, title, key: at }];
    });
    if (held.base) {
      layers.push([0, interval, 0, held.base, { class: "base", label: base, title: `${twill.number(held.base)} ${held.unit}, whatever the schedule`, key: -1 }]);
    }
    const limit = Math.max(held.limit, held.peak, held.reserved || 0, 1);
    const marks = [];
    if (held.limit) marks.push({ at: held.limit, class: "limit", title: `limit ${twill.number(held.limit)}` });
    if (held.reserved !== null && held.reserved !== held.limit) {
      marks.push({ at: held.reserved, class: "reserved", title: `all rings: ${twill.number(held.reserved)}` });
    }
    const notes = [`peak ${twill.number(held.peak)}`];
    if (held.reserved !== null) notes.push(`rings ${twill.number(held.reserved)}`);
    if (held.holdings.length > MOST_HOLDINGS) notes.push(`${MOST_HOLDINGS} of ${held.holdings.length} drawn`);
    notes.push(held.limit ? `limit ${twill.number(held.limit)}` : "no limit", held.unit);
    return { name: held.name, limit: limit * 1.04, height, layers, marks, notes, held };
  };

  // Several copies of one holding in one slot are one layer.
  const mergeSame = (pieces) => {
    const found = [];
    const keys = new Set(pieces.map((piece) => piece[3]));
    for (const key of keys) {
      const mine = pieces.filter((piece) => piece[3] === key);
      const bounds = [...new Set(mine.flatMap(([first, end]) => [first, end]))].sort((a, b) => a - b);
      for (let at = 0; at + 1 < bounds.length; at += 1) {
        const amount = mine.filter(([first, end]) => first <= bounds[at] && end >= bounds[at + 1])
          .reduce((sum, piece) => sum + piece[2], 0);
        if (amount) found.push([bounds[at], bounds[at + 1], amount, key]);
      }
    }
    return found;
  };

  const total = (held, slot) =>
    held.base + held.holdings.reduce((sum, each) => sum + copies(each, slot) * each[1], 0);

  const chart = (title, interval, strips) => twill.html("section", null, twill.html("h3", null, title),
    new twill.SlotChart({
      interval, strips,
      label: `${title} over one period. Left and right go from change to change.`,
      gutter: twill.gutter(strips),
      about: (slot) => strips.map(({ name, held }) => [name, `${twill.number(total(held, slot))} ${held.unit}`]),
    }).element);

  const rings = (data) => twill.html("section", null, twill.html("h3", null, "Rings"),
    twill.table(["ring", "memory", "#depth", "#ring slot", "#total"],
      data.rings.map((ring) => twill.html("tr", null,
        twill.html("th", { scope: "row" }, ring.buffer), twill.html("td", null, ring.memory),
        [ring.depth, ring.slot_size, ring.total].map((value) => twill.html("td", { class: "n" }, twill.number(value))))),
      { class: "grid", label: "Rings" }));

  const registers = (data) => data.registers.filter((held) => held.limit || held.holdings.length);

  twill.occupancyView = (data) => {
    const interval = data.figures.initiation_interval;
    if (!interval) return twill.html("p", { class: "empty" }, "There is no schedule that could hold anything.");
    const parts = [];
    if (data.memories.length) {
      parts.push(chart("Memories", interval, data.memories.map((held) => strip(held, interval, 132, "before the loop"))));
    }
    if (registers(data).length) {
      parts.push(chart("Registers per thread", interval, registers(data).map((held) => strip(held, interval, 96, "set aside"))));
    }
    if (parts.length) {
      parts.push(twill.html("p", { class: "hint" },
        "A layer is what live copies take; the dashed line is what all rings take, live or not; the full line is the limit."));
    }
    if (data.rings.length) parts.push(rings(data));
    if (!parts.length) return twill.html("p", { class: "empty" }, "The machine of this problem has no memories and does not limit registers.");
    return twill.html("div", { class: "view-occupancy" }, parts);
  };
})();
