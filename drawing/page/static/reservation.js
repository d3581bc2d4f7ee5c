"use strict";
// The modulo reservation table: what holds each functional unit in each slot.
(() => {
  const unitStrip = (data, unit) => {
    const pieces = data.table.filter((block) => block[0] === unit.name).map(([, ...piece]) => piece);
    const keys = data.operations.map((_, at) => at);
    const layers = twill.stack(pieces, keys).map(([first, end, low, high, at]) => {
      const operation = data.operations[at];
      const title = `${operation.name}: ${twill.number(high - low)} of ${twill.number(unit.capacity)} ${unit.name}, `
        + `slots ${twill.number(first)} – ${twill.number(end - 1)}, stage ${operation.stage}`;
      return [first, end, low, high, { class: twill.iterationColour(operation.stage), label: operation.name, title, key: at }];
    });
    return {
      name: unit.name, limit: unit.capacity, height: 40, layers, pieces,
      notes: [`${twill.percent(unit.load)} of ${twill.number(unit.capacity)}`],
    };
  };

  const MOST_ROWS = 400;

  const cells = (data, strips) => {
    const bounds = [...new Set([0, ...strips.flatMap((strip) => strip.pieces.flatMap(([first, end]) => [first, end]))])]
      .sort((a, b) => a - b);
    const interval = data.figures.initiation_interval;
    const rows = bounds.filter((at) => at < interval).slice(0, MOST_ROWS).map((first, at) => {
      const end = bounds[at + 1] ?? interval;
      const slots = end - first === 1 ? twill.number(first) : `${twill.number(first)} – ${twill.number(end - 1)}`;
      return twill.html("tr", null, twill.html("th", { scope: "row", class: "n" }, slots),
        strips.map((strip) => {
          const here = strip.pieces.filter((piece) => piece[0] <= first && piece[1] > first);
          const held = here.reduce((sum, piece) => sum + piece[2], 0);
          return twill.html("td", null, held ? [
            twill.html("b", null, twill.number(held)), ` ${here.map((piece) => data.operations[piece[3]].name).join(" ")}`,
          ] : "");
        }));
    });
    return { rows, more: Math.max(bounds.filter((at) => at < interval).length - MOST_ROWS, 0) };
  };

  twill.reservationView = (data, selection) => {
    if (!data.table.length) return twill.html("p", { class: "empty" }, "There is no schedule, hence no table.");
    const strips = data.units.map((unit) => unitStrip(data, unit));
    const chart = new twill.SlotChart({
      interval: data.figures.initiation_interval,
      strips,
      label: "Modulo reservation table. Left and right go from change to change.",
      gutter: twill.gutter(strips),
      about: (slot) => strips.map((strip) => {
        const here = strip.pieces.filter((piece) => piece[0] <= slot && piece[1] > slot);
        const held = here.reduce((sum, piece) => sum + piece[2], 0);
        return [strip.name, `${twill.number(held)}/${twill.number(strip.limit)}`];
      }),
      onPick: (key) => selection.set(selection.operation === key ? null : key),
    });
    selection.watch(({ operation }) => chart.highlight(operation));
    const stages = Array.from({ length: Math.min(data.figures.stages, twill.COLOURS) }, (_, at) =>
      twill.html("span", { class: "key" }, twill.html("i", { class: `swatch i${at}` }),
        at === 0 ? "stage 0, of the newest iteration" : `stage ${at}, ${twill.plural(at, "iteration")} older`));
    const { rows, more } = cells(data, strips);
    return twill.html("div", null,
      chart.element, twill.html("div", { class: "legend" }, stages),
      twill.html("details", null, twill.html("summary", null, "The same as numbers"),
        twill.table(["#slots", ...strips.map((strip) => `${strip.name} / ${twill.number(strip.limit)}`)],
          rows, { class: "grid", label: "Modulo reservation table" }),
        more ? twill.html("p", { class: "hint" }, `and ${twill.plural(more, "row")} more`) : null));
  };
})();
