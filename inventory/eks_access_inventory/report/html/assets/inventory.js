// Filters the principals by text, cluster, owner and problem. Without a script all of them are shown.
function startFilters() {
  const rows = [...document.querySelectorAll(".principal")].map((part) => ({
    part,
    text: part.textContent.toLowerCase(),
    clusters: JSON.parse(part.dataset.clusters),
    owner: part.dataset.owner,
    kinds: part.dataset.kinds.split(" "),
  }));
  const search = byId("search");
  const cluster = byId("cluster");
  const owner = byId("owner");
  const problem = byId("problem");
  const found = byId("found");

  function show() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const on =
        words.every((word) => row.text.includes(word)) &&
        (cluster.value === "" || row.clusters.includes(cluster.value)) &&
        (owner.value === "" || row.owner === owner.value) &&
        (problem.value === "" || (problem.value === "any" ? row.kinds[0] !== "" : row.kinds.includes(problem.value)));
      row.part.hidden = !on;
      shown += on;
    }
    found.textContent = shown === rows.length ? count(shown, "principal") : `${shown} of ${count(rows.length, "principal")}`;
  }

  search.addEventListener("input", debounce(show));
  for (const control of [cluster, owner, problem]) control.addEventListener("change", show);
  for (const button of document.querySelectorAll("button[data-cluster]")) {
    button.addEventListener("click", () => {
      cluster.value = button.dataset.cluster;
      problem.value = button.dataset.problem ?? "";
      show();
      byId("principals").scrollIntoView();
    });
  }
  show();
}

for (const part of document.querySelectorAll(".only-script")) part.hidden = false;
startTheme();
startContents();
startFilters();
window.addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll(".principal")) part.open = true;
});
