// The topology: one namespace at a time, of which only the part in view is rendered; pods when a workload is opened.
const MARGIN = 300;

function startTopology() {
  const graph = byId("graph");
  if (!graph) return;
  const scripts = [...document.querySelectorAll(".graph-data")];
  const integration = byId("graph-integration");
  const cluster = byId("graph-cluster");
  const search = byId("graph-search");
  const read = new Map();
  const state = { index: null, namespace: null, words: [], asTable: false };

  for (const name of new Set(scripts.map((script) => script.dataset.integration))) {
    integration.append(element("option", { value: name }, name));
  }

  // A graph is parsed when it is first shown: a fleet has many.
  function graphOf(script) {
    if (!read.has(script)) read.set(script, indexed(parseData(script)));
    return read.get(script);
  }

  function showClusters() {
    const before = cluster.value;
    const keys = scripts.filter((script) => script.dataset.integration === integration.value).map((script) => script.dataset.cluster);
    cluster.replaceChildren(...keys.map((key) => element("option", { value: key }, key)));
    if (keys.includes(before)) cluster.value = before;
    showGraph();
  }

  function showGraph() {
    const script = scripts.find((one) => one.dataset.integration === integration.value && one.dataset.cluster === cluster.value);
    state.index = graphOf(script);
    showGaps(state.index.data);
    const kept = state.index.namespaces.find((namespace) => namespace.name === state.namespace?.name);
    state.namespace = kept ?? null;
    showPlaces();
  }

  function showPlaces() {
    const { index, words } = state;
    const places = index.namespaces.filter((namespace) => groupsFound(namespace, words).length || !words.length);
    places.sort((a, b) => b.health.bad - a.health.bad || b.pods - a.pods || (a.name < b.name ? -1 : 1));
    if (!places.includes(state.namespace)) state.namespace = places[0] ?? null;
    const { data } = index;
    byId("graph-status").textContent =
      `${count(data.namespaces.length, "namespace")}, ${count(index.workloads.length, "workload")}, ` +
      `${count(index.services.length, "service")}, ${index.ingresses.length.toLocaleString("en")} ${index.ingresses.length === 1 ? "ingress" : "ingresses"}, ` +
      `${count(data.pods.length, "pod")}, ${count(data.machines.length, "node")}` +
      (words.length ? `; ${count(places.length, "namespace")} with a match` : "");
    if (!places.length) {
      graph.replaceChildren();
      return;
    }
    const list = element("ul", {}, places.map((namespace) => element("li", {}, placeButton(namespace))));
    graph.replaceChildren(element("nav", { class: "places", "aria-label": "Namespaces" }, list), element("div"), element("div"));
    showNamespace();
  }

  function placeButton(namespace) {
    const button = element(
      "button",
      { type: "button", title: namespace.name, onclick: () => choose(namespace, button) },
      element("span", { class: "name" }, namespace.name),
      element("span", { class: "count" }, count(namespace.pods, "pod")),
      healthBar(namespace.health),
    );
    if (namespace === state.namespace) button.setAttribute("aria-current", "true");
    return button;
  }

  function choose(namespace, button) {
    for (const other of graph.querySelectorAll(".places [aria-current]")) other.removeAttribute("aria-current");
    button.setAttribute("aria-current", "true");
    state.namespace = namespace;
    showNamespace();
  }

  function showNamespace() {
    const groups = groupsFound(state.namespace, state.words);
    const show = state.asTable ? workloadTable : drawing;
    graph.children[1].replaceWith(show(state.namespace, groups, (workload, opener) => showPods(workload, opener)));
    graph.children[2].replaceWith(element("div", { hidden: true }));
  }

  function showPods(workload, opener) {
    const close = element("button", { type: "button", class: "plain" }, "Close");
    const title = element("h3", { tabindex: "-1" }, `${workload.kind} ${workload.name}`);
    const panel = element(
      "section",
      { class: "panel", "aria-label": `Pods of ${workload.kind} ${workload.name}` },
      element("header", {}, title, element("span", { class: "quiet" }, `${state.namespace.name}, ${count(workload.pods.length, "pod")}${workload.status ? `, ${workload.status}` : ""}`), close),
      podTable(state.index.data, workload),
    );
    close.addEventListener("click", () => {
      panel.replaceWith(element("div", { hidden: true }));
      if (opener.isConnected) opener.focus();
    });
    graph.children[2].replaceWith(panel);
    title.focus({ preventScroll: true });
    panel.scrollIntoView({ block: "nearest" });
  }

  function switchTo(asTable) {
    state.asTable = asTable;
    byId("as-drawing").setAttribute("aria-pressed", String(!asTable));
    byId("as-table").setAttribute("aria-pressed", String(asTable));
    if (state.namespace) showNamespace();
  }

  integration.addEventListener("change", showClusters);
  cluster.addEventListener("change", showGraph);
  byId("as-drawing").addEventListener("click", () => switchTo(false));
  byId("as-table").addEventListener("click", () => switchTo(true));
  search.addEventListener("input", debounce(() => {
    state.words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    showPlaces();
  }));

  // Select the integration that sees most first: some see nothing. Deferred, so that the page is rendered before.
  const fullest = scripts.reduce((most, script) => (+script.dataset.size > +most.dataset.size ? script : most));
  integration.value = fullest.dataset.integration;
  setTimeout(() => {
    showClusters();
    cluster.value = fullest.dataset.cluster;
    showGraph();
  });
}

// Incomplete lists are reported above the graph.
function showGaps({ trouble, gaps }) {
  const lines = gaps
    .filter(([, , state]) => state === "incomplete")
    .map(([kind, namespace, , number, reason]) => `${kind}${namespace ? ` in ${namespace}` : ""}: incomplete (${number} read). ${reason}`);
  const refused = gaps.filter(([, , state]) => state === "refused").map(([kind, namespace]) => (namespace ? `${kind} in ${namespace}` : kind));
  if (trouble) lines.unshift(`The API server could not be read: ${trouble}`);
  byId("gaps").replaceChildren(
    ...(lines.length ? [element("div", { class: "notice" }, lines.map((line) => element("p", {}, line)))] : []),
    ...(refused.length ? [element("p", { class: "quiet" }, `Not visible to it: ${[...new Set(refused)].join(", ")}.`)] : []),
  );
}

function healthBar({ good, open, bad }) {
  const all = good + open + bad;
  if (!all) return null;
  let x = 0;
  const parts = [["bad", bad], ["open", open], ["good", good]].map(([name, number]) => {
    const width = (100 * number) / all;
    x += width;
    return svgElement("rect", { class: `${name}-fill`, x: x - width, width, height: 3 });
  });
  return svgElement("svg", { class: "health", viewBox: "0 0 100 3", preserveAspectRatio: "none", "aria-hidden": "true" }, parts);
}

function drawing(namespace, groups, open) {
  const { boxes, wires, height } = laidOut(groups);
  const svg = svgElement("svg", { width: GRAPH_WIDTH, height, "aria-label": `Topology of namespace ${namespace.name}`, role: "group" });
  const wireLayer = svgElement("g", { "aria-hidden": "true" });
  const boxLayer = svgElement("g");
  svg.append(wireLayer, boxLayer);
  const heads = element("div", { class: "heads", "aria-hidden": "true" }, Object.values(COLUMN).map(({ x, title }) => {
    const head = element("span", {}, title);
    head.style.left = `${x}px`;
    return head;
  }));
  heads.style.width = `${GRAPH_WIDTH}px`;
  const spacer = element("div", { class: "spacer" });
  spacer.style.height = `${Math.max(0, height - 30)}px`;
  const view = element("div", { class: "window", tabindex: "0", role: "region", "aria-label": `Drawing of namespace ${namespace.name}; the table shows the same` }, heads, svg, spacer);
  boxes.sort((a, b) => a.y - b.y || a.x - b.x);
  const rendered = new Map();

  // Renders what is in view and removes the rest, except for the focused node.
  function draw() {
    const from = view.scrollTop - MARGIN;
    const to = view.scrollTop + (view.clientHeight || 640) + MARGIN;
    const inView = new Set();
    for (const box of boxes) if (box.y + FACE >= from && box.y <= to) inView.add(box);
    for (const wire of wires) {
      const [top, bottom] = [Math.min(wire.from.y, wire.to.y), Math.max(wire.from.y, wire.to.y)];
      if (bottom + FACE >= from && top <= to) inView.add(wire);
    }
    for (const [part, drawing] of rendered) {
      if (!inView.has(part) && drawing !== document.activeElement) {
        drawing.remove();
        rendered.delete(part);
      }
    }
    for (const part of inView) {
      if (rendered.has(part)) continue;
      const drawing = part.node ? nodeDrawing(part, open) : svgElement("path", { class: "wire", d: bend(part) });
      rendered.set(part, drawing);
      (part.node ? boxLayer : wireLayer).append(drawing);
    }
  }

  let waiting = false;
  view.addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  }, { passive: true });
  draw();
  return view;
}

function nodeDrawing({ node, x, y, width }, open) {
  const pods = node.pods?.length ?? 0;
  const subtitle = node.type === "workload" ? [node.kind, node.status].filter(Boolean).join(", ") : node.detail || node.kind;
  const label = `${node.kind} ${node.name}${node.detail ? `, ${node.detail}` : ""}${node.type === "workload" ? `, ${count(pods, "pod")}${node.health.bad ? `, ${node.health.bad} failing` : ""}; show its pods` : ""}`;
  const drawing = svgElement(
    "g",
    { class: `node ${node.type}`, transform: `translate(${x},${y})`, "aria-label": label, role: node.type === "workload" ? "button" : "img", tabindex: node.type === "workload" ? "0" : undefined },
    svgElement("title", {}, label),
    svgElement("rect", { class: "card-face", width, height: FACE, rx: 6 }),
    svgElement("text", { class: "title", x: 12, y: 18 }, cut(node.name, width)),
    svgElement("text", { class: "subtitle", x: 12, y: 33 }, cut(subtitle, width)),
    pods ? podDots(node, COLUMN.pods.x - x) : null,
  );
  if (node.type === "workload") {
    drawing.addEventListener("click", () => open(node, drawing));
    drawing.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        open(node, drawing);
      }
    });
  }
  return drawing;
}

// One dot per pod, failing ones first; a number for the pods beyond the maximum.
function podDots({ pods, health: found }, left) {
  const room = pods.length > MOST_DOTS ? MOST_DOTS - DOTS_IN_ROW : pods.length;
  const lines = Math.ceil(room / DOTS_IN_ROW) + (pods.length > room ? 1 : 0);
  const top = (FACE - lines * DOT_STEP + DOT_STEP - DOT) / 2;
  const dots = svgElement("g", { transform: `translate(${left},${top})`, "aria-hidden": "true" });
  const classes = [["bad", found.bad], ["open", found.open], ["good", found.good]];
  let at = 0;
  for (const [name, number] of classes) {
    for (let drawnOnes = 0; drawnOnes < number && at < room; drawnOnes += 1, at += 1) {
      dots.append(svgElement("rect", { class: `${name}-fill`, x: (at % DOTS_IN_ROW) * DOT_STEP, y: Math.floor(at / DOTS_IN_ROW) * DOT_STEP, width: DOT, height: DOT, rx: 2 }));
    }
  }
  if (pods.length > room) dots.append(svgElement("text", { class: "subtitle", x: 0, y: 2 * DOT_STEP + 10 }, `and ${(pods.length - room).toLocaleString("en")} more`));
  return dots;
}

function workloadTable(namespace, groups, open) {
  const nodes = groups.flat().filter((node) => node.type === "workload").sort((a, b) => b.health.bad - a.health.bad || (a.name < b.name ? -1 : 1));
  return virtualRows("workloads", `Workloads of namespace ${namespace.name}`, ["Kind", "Name", "Services", "Ingresses", "Pods"], nodes.length, (at) => {
    const node = nodes[at];
    const name = element("button", { type: "button", class: "link", onclick: () => open(node, name), "aria-label": `${node.name}; show its pods` }, node.name);
    const ingresses = new Set(node.services.flatMap((service) => service.ingresses.map((ingress) => ingress.name)));
    const failing = node.health.bad ? element("span", { class: "status-bad" }, `, ${node.health.bad} failing`) : "";
    return [
      node.kind,
      name,
      node.services.map((service) => service.name).join(", "),
      [...ingresses].join(", "),
      element("span", {}, count(node.pods.length, "pod"), failing),
    ];
  });
}

function podTable({ pods, texts, machines, containers }, workload) {
  const order = { bad: 0, open: 1, good: 2 };
  const mine = workload.pods.map((at) => pods[at]).sort((a, b) => order[health(texts[a[2]])] - order[health(texts[b[2]])] || (a[1] < b[1] ? -1 : 1));
  return virtualRows("pods", `Pods of ${workload.kind} ${workload.name}`, ["Pod", "Status", "Owner", "Node", "Containers"], mine.length, (at) => {
    const [, name, status, between, machine, its] = mine[at];
    const described = its.map((one) => {
      const [container, image, state, , restarts] = containers[one];
      return `${texts[container]} (${texts[image]}${texts[state] ? `, ${texts[state]}` : ""}${restarts ? `, ${count(restarts, "restart")}` : ""})`;
    });
    return [
      name,
      element("span", { class: `status-${health(texts[status])}` }, texts[status] || "unknown"),
      texts[between],
      machine < 0 ? "" : machines[machine],
      described.join(", "),
    ];
  });
}

// A table of which only the rows in view are rendered.
function virtualRows(name, label, heads, total, cells) {
  const height = 32;
  const head = element("div", { class: "row head", role: "row", "aria-rowindex": "1" }, heads.map((text) => element("span", { role: "columnheader" }, text)));
  const room = element("div", { role: "rowgroup" });
  room.style.height = `${total * height}px`;
  const view = element("div", { class: `rows ${name}`, role: "table", "aria-label": label, "aria-rowcount": String(total + 1), tabindex: "0" }, head, room);
  const rendered = new Map();

  function draw() {
    const first = Math.max(0, Math.floor(view.scrollTop / height) - 10);
    const last = Math.min(total, Math.ceil((view.scrollTop + (view.clientHeight || 640)) / height) + 10);
    for (const [at, row] of rendered) {
      if ((at < first || at >= last) && !row.contains(document.activeElement)) {
        row.remove();
        rendered.delete(at);
      }
    }
    for (let at = first; at < last; at += 1) {
      if (rendered.has(at)) continue;
      const row = element("div", { class: "row", role: "row", "aria-rowindex": String(at + 2) }, cells(at).map((cell) => element("span", { role: "cell", title: typeof cell === "string" ? cell : undefined }, cell)));
      row.style.top = `${(at + 1) * height}px`;
      rendered.set(at, row);
      room.append(row);
    }
  }

  view.addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
  draw();
  return view;
}
