// The parts of the page that need a script: theme, contents, highlighting in the drawing, controls, printing.
function startPage() {
  for (const part of document.querySelectorAll(".only-script")) part.hidden = false;
  startTheme();
  startContents();
  startHighlight();
  startSights();
  window.addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll(".integration details, .alternative")) part.open = true;
  });
}

function startTheme() {
  const button = byId("theme");
  const themes = ["system", "light", "dark"];
  let at = 0;
  button.hidden = false;
  button.addEventListener("click", () => {
    at = (at + 1) % themes.length;
    button.textContent = `Theme: ${themes[at]}`;
    if (at) document.documentElement.dataset.theme = themes[at];
    else delete document.documentElement.dataset.theme;
  });
}

// Marks the section in view.
function startContents() {
  const links = new Map();
  for (const link of document.querySelectorAll(".contents a")) links.set(link.hash.slice(1), link);
  const sections = [...document.querySelectorAll("main > section")];
  const inView = new Set();
  const read = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) inView[entry.isIntersecting ? "add" : "delete"](entry.target);
      const first = sections.find((section) => inView.has(section));
      if (!first) return;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(first.id)?.setAttribute("aria-current", "true");
    },
    { rootMargin: "-72px 0px -70% 0px" },
  );
  sections.forEach((section) => read.observe(section));
}

// Highlights everything that belongs to an integration or a cluster.
function startHighlight() {
  const drawing = byId("access-drawing");
  const parts = [...drawing.querySelectorAll("[data-i]")].map((part) => ({
    part,
    integrations: part.dataset.i.split(" "),
    cluster: part.dataset.c,
  }));
  const chosen = byId("highlight");

  function light(integrations, cluster) {
    drawing.classList.toggle("lit", integrations !== null);
    for (const { part, integrations: its, cluster: at } of parts) {
      const on =
        integrations !== null &&
        its.some((one) => integrations.includes(one)) &&
        (cluster === undefined || at === undefined || at === cluster);
      part.classList.toggle("on", on);
    }
  }

  function lightChosen() {
    light(chosen.value === "" ? null : [chosen.value]);
  }

  chosen.addEventListener("change", lightChosen);
  for (const { part, integrations, cluster } of parts) {
    if (!part.classList.contains("box")) continue;
    part.addEventListener("pointerenter", () => light(integrations, cluster));
    part.addEventListener("pointerleave", lightChosen);
  }
}

// Shows one cluster's table at a time; all of them in print.
function startSights() {
  const chosen = byId("sight");
  if (!chosen) return;
  const tables = [...document.querySelectorAll(".sight")];
  function show() {
    for (const table of tables) table.hidden = table.id !== chosen.value;
  }
  chosen.addEventListener("change", show);
  window.addEventListener("beforeprint", () => tables.forEach((table) => (table.hidden = false)));
  window.addEventListener("afterprint", show);
  show();
}
