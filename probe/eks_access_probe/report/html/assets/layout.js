// The graph of one cluster, indexed, and where everything of a namespace is drawn. Data in, data out: nothing is drawn here.
const ROW = 54;
const FACE = 42;
const GROUP_GAP = 10;
const HEAD = 38;
const COLUMN = {
  ingress: { x: 14, width: 164, title: "Ingress" },
  service: { x: 210, width: 172, title: "Service" },
  workload: { x: 414, width: 196, title: "Workload" },
  pods: { x: 636, width: 240, title: "Pods" },
};
const GRAPH_WIDTH = COLUMN.pods.x + COLUMN.pods.width + 14;
const DOT = 9;
const DOT_STEP = 12;
const DOTS_IN_ROW = 20;
const MOST_DOTS = 60;

const GOOD = /^(Running|Completed|Succeeded|Active|Ready)$/;
const OPEN = /^(|Pending|ContainerCreating|PodInitializing|Init:\d+\/\d+|Terminating|NotReady)$/;

function health(status) {
  return GOOD.test(status) ? "good" : OPEN.test(status) ? "open" : "bad";
}

function indexed(data) {
  const workloads = data.workloads.map(([namespace, kind, name, status]) => ({
    type: "workload", namespace, kind, name, status, pods: [], health: { good: 0, open: 0, bad: 0 }, services: [],
  }));
  const services = data.services.map(([namespace, name, detail]) => ({
    type: "service", namespace, name, detail, kind: "Service", workloads: [], ingresses: [],
  }));
  const ingresses = data.ingresses.map(([namespace, name, detail]) => ({
    type: "ingress", namespace, name, detail, kind: "Ingress", services: [],
  }));
  data.pods.forEach(([workload, , status], at) => {
    workloads[workload].pods.push(at);
    workloads[workload].health[health(data.texts[status])] += 1;
  });
  for (const [service, workload] of data.serves) {
    services[service].workloads.push(workloads[workload]);
    workloads[workload].services.push(services[service]);
  }
  for (const [ingress, service] of data.routes) {
    ingresses[ingress].services.push(services[service]);
    services[service].ingresses.push(ingresses[ingress]);
  }
  const namespaces = data.namespaces.map((name) => ({
    name, nodes: [], workloads: 0, pods: 0, health: { good: 0, open: 0, bad: 0 },
  }));
  for (const node of [...ingresses, ...services, ...workloads]) namespaces[node.namespace].nodes.push(node);
  for (const workload of workloads) {
    const namespace = namespaces[workload.namespace];
    namespace.workloads += 1;
    namespace.pods += workload.pods.length;
    for (const key of Object.keys(namespace.health)) namespace.health[key] += workload.health[key];
  }
  namespaces.forEach((namespace) => (namespace.groups = groupsOf(namespace.nodes)));
  return { data, workloads, services, ingresses, namespaces };
}

// What hangs together is drawn together: each group is what can be reached from one of its nodes.
function groupsOf(nodes) {
  const seen = new Set();
  const groups = [];
  for (const first of nodes) {
    if (seen.has(first)) continue;
    const group = [];
    const next = [first];
    seen.add(first);
    while (next.length) {
      const node = next.pop();
      group.push(node);
      for (const other of [...(node.services ?? []), ...(node.workloads ?? []), ...(node.ingresses ?? [])]) {
        if (!seen.has(other)) {
          seen.add(other);
          next.push(other);
        }
      }
    }
    groups.push(group);
  }
  return groups;
}

function matches(node, words) {
  const text = `${node.kind} ${node.name}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

// The groups that a search leaves: all, where it names the namespace itself.
function groupsFound(namespace, words) {
  if (!words.length || matches({ kind: "namespace", name: namespace.name }, words)) return namespace.groups;
  return namespace.groups.filter((group) => group.some((node) => matches(node, words)));
}

function laidOut(groups) {
  const boxes = [];
  const wires = [];
  let top = HEAD;
  for (const group of groups) {
    const columns = { ingress: [], service: [], workload: [] };
    for (const node of group) columns[node.type].push(node);
    const rows = Math.max(...Object.values(columns).map((column) => column.length));
    const places = new Map();
    for (const [type, column] of Object.entries(columns)) {
      column.sort((a, b) => (a.name < b.name ? -1 : 1));
      const first = top + ((rows - column.length) * ROW) / 2;
      column.forEach((node, at) => {
        const box = { node, x: COLUMN[type].x, y: first + at * ROW, width: COLUMN[type].width };
        places.set(node, box);
        boxes.push(box);
      });
    }
    for (const node of group) {
      for (const target of node.type === "ingress" ? node.services : node.type === "service" ? node.workloads : []) {
        if (places.has(target)) wires.push({ from: places.get(node), to: places.get(target) });
      }
    }
    top += rows * ROW + GROUP_GAP;
  }
  return { boxes, wires, height: top };
}

function bend({ from, to }) {
  const x1 = from.x + from.width;
  const y1 = from.y + FACE / 2;
  const y2 = to.y + FACE / 2;
  const half = (to.x - x1) / 2;
  return `M${x1},${y1}C${x1 + half},${y1} ${to.x - half},${y2} ${to.x},${y2}`;
}

function cut(text, width) {
  const fits = Math.floor((width - 24) / 6.9);
  return text.length <= fits ? text : `${text.slice(0, fits - 1)}…`;
}
