// Texts whose contrast with what is below them is less than WCAG's AA asks for: 4.5, or 3 where they are large.
// https://www.w3.org/TR/WCAG22/#contrast-minimum
(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  function rgba(color) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  }
  function luminance([r, g, b]) {
    const linear = [r, g, b].map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  }
  function ground(one) {
    for (let at = one; at; at = at.parentElement) {
      if (at.ownerSVGElement) {
        const face = at.parentElement.querySelector(':scope > rect');
        if (face) return rgba(getComputedStyle(face).fill);
        continue;
      }
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] === 1) return color;
    }
    return rgba(getComputedStyle(document.body).backgroundColor);
  }
  const low = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const one = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !one.getClientRects().length || one.closest('script, style, noscript, title, .unseen')) continue;
    const style = getComputedStyle(one);
    const color = rgba(one.ownerSVGElement ? style.fill : style.color);
    const [a, b] = [luminance(color), luminance(ground(one))].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) low.push(`${ratio.toFixed(2)}: ${texts.currentNode.data.trim().slice(0, 40)} (${one.tagName} ${one.getAttribute('class')})`);
  }
  return [...new Set(low)].slice(0, 20);
})()
