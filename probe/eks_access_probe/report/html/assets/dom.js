// Elements are created here only, and strings only become text nodes: an object's name is never parsed as markup.
const SVG = "http://www.w3.org/2000/svg";

function element(name, properties = {}, ...children) {
  return fill(document.createElement(name), properties, children);
}

function svgElement(name, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, name), properties, children);
}

function fill(node, properties, children) {
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== undefined && value !== null) node.setAttribute(key, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

function byId(id) {
  return document.getElementById(id);
}

function parseData(script) {
  return JSON.parse(script.textContent);
}

function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

// Debounces `act`: calls it once, after a pause without further calls.
function debounce(act, wait = 120) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, wait);
  };
}
