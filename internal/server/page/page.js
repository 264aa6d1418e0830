"use strict";

const byId = (id) => document.getElementById(id);
const choice = byId("choice").elements;
const state = { index: null, points: null };

// ask gives the answer to a query; parameters without a value are left out.
async function ask(name, parameters = {}) {
  const given = Object.entries(parameters).filter(([, v]) => v !== "" && v != null);
  const response = await fetch(`/api/${name}?${new URLSearchParams(given)}`);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

function tell(error) {
  byId("error").textContent = error ? error.message : "";
  byId("error").hidden = !error;
}

// attempt tells what goes wrong in work. Of works with the same name only the last
// one started counts: an answer that comes late must not overwrite a newer one.
const turns = {};
async function attempt(name, work) {
  const turn = (turns[name] = (turns[name] || 0) + 1);
  try {
    await work(() => turns[name] === turn);
  } catch (error) {
    if (turns[name] === turn) tell(error);
  }
}

const fixed = (v, digits) => (v == null ? "–" : v.toFixed(digits));

function element(tag, attributes = {}, ...content) {
  const svg = ["svg", "path", "line", "text", "circle", "title", "g"].includes(tag);
  const e = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  e.append(...content);
  return e;
}

const tableRow = (...cells) => element("tr", {}, ...cells.map((c) => element("td", {}, c)));

// --- state in the URL ---

const remembered = ["dataset", "hp", "set", "max-flops", "max-params", "curve", "device"];

function remember() {
  const url = new URL(location);
  url.search = "";
  if (state.index != null) url.searchParams.set("arch", state.index);
  for (const name of remembered) if (choice[name].value) url.searchParams.set(name, choice[name].value);
  history.replaceState(null, "", url);
}

function recall() {
  const given = new URLSearchParams(location.search);
  for (const name of remembered) {
    const field = choice[name];
    const value = given.get(name);
    if (value != null && (!field.options || [...field.options].some((o) => o.value === value))) field.value = value;
  }
  return given.get("arch");
}

// --- an architecture ---

function searched(text) {
  text = text.trim();
  return /^\d+$/.test(text) ? { index: text } : { arch: text };
}

function pick(text) {
  return attempt("arch", async (current) => {
    const found = await ask("arch", searched(text));
    if (!current()) return;
    tell(null);
    state.index = found.index;
    byId("name").textContent = `Architecture ${found.index}`;
    byId("string").textContent = found.arch;
    byId("cell").src = `/api/cell.svg?index=${found.index}`;
    byId("cell").alt = `Cell of architecture ${found.index}: ${found.arch}`;
    byId("arch").value = found.index;
    byId("architecture").hidden = byId("curves-section").hidden = false;
    remember();
    drawPoints();
    markBest();
    await showResults();
  });
}

function showResults() {
  if (state.index == null) return;
  return attempt("results", async (current) => {
    const of = { index: state.index, dataset: choice.dataset.value, hp: choice.hp.value };
    byId("cost").tBodies[0].replaceChildren();
    byId("metrics").tBodies[0].replaceChildren();
    byId("curves").replaceChildren();
    byId("legend").replaceChildren();
    // Not every benchmark has curves; what is missing is told in their place.
    const curves = ask("trials", of).then((trials) => ({ trials }), (missing) => ({ missing }));
    const [cost, metrics, { trials, missing }] = await Promise.all([ask("cost", of), ask("metrics", of), curves]);
    if (!current()) return;
    byId("cost").tBodies[0].replaceChildren(
      tableRow("MFLOPs", fixed(cost.flops, 2)),
      tableRow("M parameters", fixed(cost.params, 3)),
      tableRow("latency, ms", fixed(cost.latency == null ? null : cost.latency * 1000, 2)),
      tableRow("training, hours", fixed(hours(cost["T-train@total"]), 2)),
      ...devices.filter((d) => d in cost).map((d) => tableRow(deviceName(d), fixed(cost[d], 2))));
    const names = { train: "train", valid: "valid", test: "test", valtest: "valid + test" };
    byId("metrics").tBodies[0].replaceChildren(...Object.keys(names).filter((s) => `${s}-loss` in metrics).map((s) =>
      tableRow(names[s], fixed(metrics[`${s}-accuracy`], 2), fixed(metrics[`${s}-loss`], 3), fixed(hours(metrics[`${s}-all-time`]), 2))));
    byId("curves").toggleAttribute("hidden", missing != null);
    if (missing) byId("legend").textContent = missing.message;
    else drawCurves(trials);
  });
}

const devices = [...choice.device.options].map((o) => o.value).filter(Boolean);
const deviceName = (d) => [...choice.device.options].find((o) => o.value === d).textContent;
const hours = (seconds) => (seconds == null ? null : seconds / 3600);

// --- diagrams ---

const frame = { left: 52, right: 12, top: 10, bottom: 40, width: 640, height: 360 };

// scale maps numbers onto a side of the frame, and gives round numbers to mark.
function scale(values, from, to) {
  let low = Infinity, high = -Infinity;
  for (const v of values) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  if (!(low < high)) [low, high] = Number.isFinite(low) ? [low - 1, low + 1] : [0, 1];
  const rough = (high - low) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough);
  const marks = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) marks.push(Number((i * step).toPrecision(12)));
  const margin = (high - low) * 0.03;
  return { at: (v) => from + ((v - low + margin) / (high - low + 2 * margin)) * (to - from), marks };
}

function axes(svg, xs, ys, xTitle, yTitle) {
  const f = frame;
  const x = scale(xs, f.left, f.width - f.right);
  const y = scale(ys, f.height - f.bottom, f.top);
  svg.replaceChildren();
  for (const m of x.marks) {
    svg.append(element("line", { x1: x.at(m), x2: x.at(m), y1: f.top, y2: f.height - f.bottom, stroke: "#e8ebf0" }),
      element("text", { x: x.at(m), y: f.height - f.bottom + 16, "text-anchor": "middle" }, String(m)));
  }
  for (const m of y.marks) {
    svg.append(element("line", { x1: f.left, x2: f.width - f.right, y1: y.at(m), y2: y.at(m), stroke: "#e8ebf0" }),
      element("text", { x: f.left - 6, y: y.at(m) + 4, "text-anchor": "end" }, String(m)));
  }
  svg.append(element("text", { x: (f.left + f.width - f.right) / 2, y: f.height - 6, "text-anchor": "middle" }, xTitle),
    element("text", { transform: `translate(13 ${(f.top + f.height - f.bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, yTitle));
  return { x: x.at, y: y.at };
}

const colours = { train: "#7a869a", "x-valid": "#e08a1e", "x-test": "#2a9d6f", "ori-test": "#1f5fbf" };
const dashes = ["", "7 4", "2 3", "9 3 2 3"];

function drawCurves(trials) {
  const what = choice.curve.value;
  const lines = [];
  trials.forEach((trial, i) => {
    for (const [set, of] of Object.entries(trial.curves)) {
      const c = of[what];
      if (!c) continue;
      // Epochs count from 1 here: a value is what an epoch ended with.
      const points = c.epochs.map((e, k) => [e + 1, c.values[k]]).filter(([, v]) => v != null);
      if (points.length) lines.push({ set, seed: trial.seed, dash: dashes[i % dashes.length], points });
    }
  });
  const all = lines.flatMap((l) => l.points);
  const svg = byId("curves");
  const at = axes(svg, all.map((p) => p[0]), all.map((p) => p[1]), "epoch", what === "loss" ? "loss" : "accuracy, %");
  svg.setAttribute("aria-label", `${what} of ${trials.length} trials by epoch`);
  for (const l of lines) {
    const label = `${l.set}, seed ${l.seed}: ${fixed(l.points.at(-1)[1], 2)} at the end`;
    if (l.points.length === 1) {
      svg.append(element("circle", { class: "curve", cx: at.x(l.points[0][0]), cy: at.y(l.points[0][1]), r: 4, fill: colours[l.set] },
        element("title", {}, label)));
      continue;
    }
    const d = l.points.map(([e, v], i) => `${i ? "L" : "M"}${at.x(e).toFixed(1)} ${at.y(v).toFixed(1)}`).join("");
    svg.append(element("path", { class: "curve", d, fill: "none", stroke: colours[l.set], "stroke-width": 1.6, "stroke-dasharray": l.dash },
      element("title", {}, label)));
  }
  const key = (colour, dash, text) => element("span", {},
    element("svg", { viewBox: "0 0 34 10" }, element("path", { d: "M0 5H34", stroke: colour, "stroke-width": 2, "stroke-dasharray": dash })), text);
  byId("legend").replaceChildren(
    ...Object.keys(colours).filter((s) => lines.some((l) => l.set === s)).map((s) => key(colours[s], "", s)),
    ...trials.map((t, i) => key("#1c2330", dashes[i % dashes.length], `seed ${t.seed}`)));
}

// --- all architectures ---

function showBest() {
  return attempt("best", async (current) => {
    const of = { dataset: choice.dataset.value, set: choice.set.value, hp: choice.hp.value };
    const limits = { "max-flops": choice["max-flops"].value.trim(), "max-params": choice["max-params"].value.trim() };
    const list = await ask("top", { ...of, ...limits, limit: 15 });
    if (!current()) return;
    tell(null);
    byId("best").tBodies[0].replaceChildren(...list.map((a) => {
      const link = element("a", { href: `?arch=${a.index}` }, String(a.index));
      const r = tableRow(link, fixed(a.accuracy, 2), fixed(a.flops, 2), fixed(a.params, 3), element("code", {}, a.arch));
      r.dataset.index = a.index;
      r.addEventListener("click", (event) => {
        event.preventDefault();
        pick(String(a.index));
      });
      return r;
    }));
    if (!list.length) byId("best").tBodies[0].append(tableRow("none"));
    markBest();
  });
}

function markBest() {
  for (const r of byId("best").tBodies[0].rows) r.classList.toggle("picked", r.dataset.index === String(state.index));
}

function showPoints() {
  return attempt("points", async (current) => {
    const device = choice.device.value;
    const points = await ask("points", { dataset: choice.dataset.value, set: choice.set.value, hp: choice.hp.value, device });
    if (!current()) return;
    // Where a cost is not known there is no point.
    points.cost = device ? points.device_cost : points.flops;
    points.costName = device ? deviceName(device) : "FLOPs, millions";
    points.shown = points.index.map((_, i) => i).filter((i) => points.cost[i] != null);
    points.place = new Map(points.shown.map((i) => [points.index[i], i]));
    state.points = points;
    drawPoints();
  });
}

function drawPoints() {
  const p = state.points;
  if (!p) return;
  const at = axes(byId("scatter"), p.shown.map((i) => p.cost[i]), p.shown.map((i) => p.accuracy[i]), p.costName, `${choice.set.value} accuracy, %`);
  byId("scatter").setAttribute("aria-label", `accuracy against ${p.costName} of ${p.shown.length} architectures`);
  const canvas = byId("points");
  const ratio = (window.devicePixelRatio || 1) * (canvas.clientWidth / frame.width);
  canvas.width = Math.round(frame.width * ratio);
  canvas.height = Math.round(frame.height * ratio);
  canvas.dataset.count = p.shown.length;
  const c = canvas.getContext("2d");
  c.scale(ratio, ratio);
  const limit = (name) => (choice[name].value.trim() === "" ? Infinity : Number(choice[name].value));
  const maxFLOPs = limit("max-flops"), maxParams = limit("max-params");
  const many = p.shown.length > 2000;
  const dot = (i, r) => {
    c.beginPath();
    c.arc(at.x(p.cost[i]), at.y(p.accuracy[i]), r, 0, 2 * Math.PI);
  };
  for (const i of p.shown) {
    c.fillStyle = p.flops[i] > maxFLOPs || p.params[i] > maxParams ? "#cfd5df" : searches.length ? "#b9c9e4" : "#1f5fbf99";
    dot(i, many ? 1.4 : 3.5);
    c.fill();
  }
  let visited = 0;
  searches.forEach((s, n) => {
    c.fillStyle = searchColour(n);
    for (const i of s.visited.map((index) => p.place.get(index))) {
      if (i == null) continue;
      dot(i, many ? 2.4 : 4.5);
      c.fill();
      visited++;
    }
  });
  canvas.dataset.visited = visited;
  const picked = p.place.get(state.index);
  if (picked != null) {
    c.strokeStyle = "#d1342f";
    c.lineWidth = 2;
    dot(picked, 6);
    c.stroke();
  }
  state.at = at;
}

// nearestPoint gives the place of the point below the pointer, or -1.
function nearestPoint(event) {
  const p = state.points;
  if (!p || !state.at) return -1;
  const box = byId("points").getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * frame.width;
  const y = ((event.clientY - box.top) / box.height) * frame.height;
  let best = -1, distance = 12 ** 2;
  for (const i of p.shown) {
    const d = (state.at.x(p.cost[i]) - x) ** 2 + (state.at.y(p.accuracy[i]) - y) ** 2;
    if (d < distance) [best, distance] = [i, d];
  }
  return best;
}

byId("points").addEventListener("mousemove", (event) => {
  const i = nearestPoint(event);
  const p = state.points;
  byId("nearest").textContent = i < 0 ? "\u00a0"
    : `Architecture ${p.index[i]}: ${fixed(p.accuracy[i], 2)} %, ${fixed(p.flops[i], 2)} MFLOPs, ${fixed(p.params[i], 3)} M parameters` +
      (p.device_cost ? `, ${fixed(p.cost[i], 2)} ${p.costName}` : "");
});
byId("points").addEventListener("click", (event) => {
  const i = nearestPoint(event);
  if (i >= 0) pick(String(state.points.index[i]));
});

// --- search ---

const searches = []; // those that are drawn together: of one dataset
const searchColours = ["#1f5fbf", "#e08a1e", "#2a9d6f", "#b23a48", "#7a4fb5", "#7a869a", "#8a6d3b"];
const searchColour = (n) => searchColours[n % searchColours.length];

function drawSearches() {
  const svg = byId("search-curves");
  const band = (s, side) => s.mean.map((m, i) => m + side * s.std[i]);
  const xs = searches.flatMap((s) => s.seconds);
  const ys = searches.flatMap((s) => [...band(s, -1), ...band(s, 1)]);
  byId("search-legend").replaceChildren();
  byId("found").tBodies[0].replaceChildren();
  drawPoints();
  if (!searches.length) return svg.replaceChildren();
  svg.setAttribute("aria-label", `test accuracy over simulated time, mean and deviation over runs, of ${searches.map((s) => s.algorithm).join(", ")}`);
  const at = axes(svg, xs, ys, "simulated seconds", "test accuracy, %");
  searches.forEach((s, n) => {
    const stroke = searchColour(n);
    const steps = (values) => values.flatMap((v, i) => {
      const point = `${at.x(s.seconds[i])},${at.y(v)}`;
      return i ? [`${at.x(s.seconds[i])},${at.y(values[i - 1])}`, point] : [point];
    });
    svg.append(
      element("path", { d: `M${[...steps(band(s, 1)), ...steps(band(s, -1)).reverse()].join("L")}Z`, fill: stroke, "fill-opacity": "0.15" }),
      element("path", { d: `M${steps(s.mean).join("L")}`, fill: "none", stroke, "stroke-width": "2" }));
    const name = element("span", {}, `${s.algorithm} on ${s.dataset}: test ${fixed(s.test.mean, 2)} ± ${fixed(s.test.std, 2)} %, ${s.visited.length} architectures trained`);
    name.style.color = stroke;
    byId("search-legend").append(name);
    for (const f of s.found) {
      const row = tableRow(s.algorithm, String(f.runs), String(f.index), fixed(f.valid, 2), fixed(f.test, 2), f.arch);
      row.addEventListener("click", () => pick(String(f.index)));
      byId("found").tBodies[0].append(row);
    }
  });
}

byId("searching").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt("search", async (current) => {
    const answer = await ask("search", Object.fromEntries(new FormData(event.target)));
    if (!current()) return;
    tell(null);
    const others = searches.filter((s) => s.dataset === answer.dataset && s.algorithm !== answer.algorithm);
    searches.splice(0, searches.length, ...others, answer);
    drawSearches();
  });
});
byId("searching").addEventListener("reset", () => {
  searches.length = 0;
  drawSearches();
});

// --- start ---

byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  if (byId("arch").value.trim()) pick(byId("arch").value);
});
byId("choice").addEventListener("submit", (event) => event.preventDefault());
byId("choice").addEventListener("change", (event) => {
  remember();
  const name = event.target.name;
  if (["dataset", "hp", "curve"].includes(name)) showResults();
  if (name !== "curve" && name !== "device") showBest();
  if (["dataset", "hp", "set", "device"].includes(name)) showPoints();
  else if (name !== "curve") drawPoints();
});
window.addEventListener("resize", drawPoints);

attempt("start", async () => {
  const about = await ask("info");
  byId("benchmark").textContent = `${about.stored} of ${about.architectures} architectures of the ${about.space} search space`;
  // Searches and costs on devices are of cells.
  byId("search-section").hidden = choice.device.parentElement.hidden = about.space !== "topology";
  choice.hp.replaceChildren(...about.recipes.map((hp) => element("option", { value: hp }, `${hp} epochs`)));
  choice.hp.value = about.recipes.at(-1);
  const arch = recall();
  await Promise.all([showBest(), showPoints(), arch ? pick(arch) : null]);
});
