// The list of expectations: filtered, searched, and rendered a hundred lines at a time.
const CHUNK = 100;
const MARK = { "as-expected": "✓", mismatch: "✗", "not-proven": "?" };
const WORD = { "as-expected": "holds", mismatch: "does not hold", "not-proven": "not proven" };

function readLines() {
  const { rows, texts } = parseData(byId("lines-data"));
  return rows.map(([result, integration, plane, call, detail, expected, why, advice, checks]) => {
    const line = {
      result: texts[result],
      integration: texts[integration],
      plane: texts[plane],
      call: texts[call],
      detail: texts[detail],
      expected: texts[expected],
      why: texts[why],
      advice: texts[advice],
      checks: checks.map(([cluster, verdict, evidence, waitsFor, differences, attempts, exercised]) => ({
        cluster: texts[cluster],
        verdict: texts[verdict],
        evidence: texts[evidence],
        waitsFor: texts[waitsFor],
        differences: differences.map((difference) => texts[difference]),
        attempts,
        exercised,
      })),
    };
    const searched = [line.integration, line.call, line.detail, line.why, line.advice];
    for (const check of line.checks) searched.push(check.cluster, check.evidence, ...check.differences);
    line.searched = searched.join("\n").toLowerCase();
    return line;
  });
}

function startExpectations() {
  const lines = readLines();
  const form = byId("filters");
  const list = byId("lines");
  const found = byId("found");
  let shown = [];
  let rendered = 0;
  const more = element("button", { type: "button", class: "plain more", onclick: () => add(CHUNK) });

  function wanted(line) {
    const of = new FormData(form);
    const cluster = of.get("cluster");
    return (
      (!of.get("integration") || line.integration === of.get("integration")) &&
      (cluster === "*" || line.checks.some((check) => check.cluster === cluster)) &&
      of.getAll("result").includes(line.result) &&
      of.getAll("expected").includes(line.expected) &&
      of.get("text").toLowerCase().split(/\s+/).every((word) => line.searched.includes(word))
    );
  }

  function add(howMany) {
    const next = shown.slice(rendered, rendered + howMany);
    rendered += next.length;
    more.remove();
    list.append(...next.map(lineElement));
    if (rendered < shown.length) {
      more.textContent = `Show ${count(Math.min(CHUNK, shown.length - rendered), "more line")}`;
      list.append(more);
    }
    if (howMany === CHUNK && rendered > CHUNK) list.children[rendered - next.length]?.querySelector("summary").focus();
  }

  function show() {
    shown = lines.filter(wanted);
    rendered = 0;
    list.replaceChildren();
    add(CHUNK);
    const checks = shown.reduce((sum, line) => sum + line.checks.length, 0);
    found.textContent = shown.length
      ? `${count(shown.length, "line")} for ${count(checks, "expectation")}`
      : "Nothing matches.";
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", debounce(show));
  form.addEventListener("reset", () => setTimeout(show));
  window.addEventListener("beforeprint", () => add(3000));
  for (const cell of document.querySelectorAll(".cell")) {
    cell.addEventListener("click", () => {
      form.reset();
      form.elements.integration.value = cell.dataset.integration;
      form.elements.cluster.value = cell.dataset.cluster;
      setTimeout(() => {
        show();
        byId("expectations").scrollIntoView();
        list.querySelector("summary")?.focus({ preventScroll: true });
      });
    });
  }
  show();
}

function lineElement(line) {
  const clusters = line.checks.map((check) => check.cluster).filter(Boolean);
  const where = clusters.length ? (clusters.length > 4 ? count(clusters.length, "cluster") : clusters.join(", ")) : "AWS";
  const summary = element(
    "summary",
    {},
    element("span", { class: `mark ${line.result}`, "aria-hidden": "true" }, MARK[line.result]),
    element("span", { class: "who", title: line.integration }, line.integration),
    element(
      "span",
      {},
      element("span", { class: "must" }, line.expected === "allowed" ? "may" : "may not"),
      element("code", {}, line.call),
      line.checks.some((check) => !check.exercised) ? element("span", { class: "badge" }, "evaluated") : null,
      element("span", { class: "unseen" }, `, ${WORD[line.result]}`),
    ),
    element("span", { class: "in" }, where),
  );
  const details = element("details", { class: `line ${line.result}` }, summary);
  // The body is rendered when the line is opened.
  details.addEventListener("toggle", () => details.open && details.children.length === 1 && details.append(body(line)), {
    once: true,
  });
  return details;
}

function describeAttempts({ waitsFor, attempts, exercised }) {
  if (waitsFor) return "skipped";
  if (!exercised) return "evaluated, not exercised";
  return count(attempts, "attempt");
}

function body(line) {
  const facts = [
    ["why", line.why],
    ["call", line.detail],
    ["what to do", line.advice],
  ].filter(([, text]) => text);
  return element(
    "div",
    { class: "body" },
    element("dl", {}, facts.map(([term, text]) => element("div", {}, element("dt", {}, term), element("dd", {}, text)))),
    element(
      "table",
      {},
      element("caption", { class: "unseen" }, "The responses"),
      element("thead", {}, element("tr", {}, ["where", "verdict", "evidence", "attempts"].map((head) => element("th", { scope: "col" }, head)))),
      element(
        "tbody",
        {},
        line.checks.map((check) =>
          element(
            "tr",
            {},
            element("td", {}, check.cluster || "AWS"),
            element("td", {}, check.verdict),
            element("td", {}, [...check.differences, check.evidence].filter(Boolean).map((text) => element("div", {}, element("q", {}, text)))),
            element("td", {}, describeAttempts(check)),
          ),
        ),
      ),
    ),
  );
}
