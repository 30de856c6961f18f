// What is wrong with the page's structure, as a list of words.
(() => {
  const wrong = [];
  const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
  if (new Set(ids).size !== ids.length) wrong.push('an id is there twice');
  for (const landmark of ['header', 'nav', 'main', 'footer']) if (!document.querySelector(landmark)) wrong.push(`no ${landmark}`);
  if (document.querySelectorAll('h1').length !== 1) wrong.push('not one h1');
  let level = 0;
  for (const heading of document.querySelectorAll('h1, h2, h3, h4')) {
    const its = Number(heading.tagName[1]);
    if (its > level + 1) wrong.push(`h${its} after h${level}: ${heading.textContent}`);
    level = its;
  }
  for (const table of document.querySelectorAll('table')) if (!table.querySelector('th[scope]')) wrong.push('a table without heads');
  for (const one of document.querySelectorAll('[aria-labelledby]'))
    if (!document.getElementById(one.getAttribute('aria-labelledby'))) wrong.push('a label that is not there');
  for (const one of document.querySelectorAll('[tabindex]')) if (one.tabIndex > 0) wrong.push('a tabindex of its own order');
  if (!document.documentElement.lang) wrong.push('no language');
  return wrong;
})()
