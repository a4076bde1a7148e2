import type { Page } from 'playwright-core';

/** Runs in the browser: each text with a colour that is too near to its ground, and the contrast of both. */
const FIND = String.raw`(least) => {
  const parsed = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    return { rgb: [red, green, blue], alpha };
  };
  const over = ({ rgb, alpha }, ground) => rgb.map((part, index) => part * alpha + ground[index] * (1 - alpha));
  const groundOf = (element) => {
    const above = element.parentElement ? groundOf(element.parentElement) : [255, 255, 255];
    return over(parsed(getComputedStyle(element).backgroundColor), above);
  };
  const light = (rgb) => {
    const [red, green, blue] = rgb.map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const found = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || element.closest('[aria-disabled=true]') || !element.checkVisibility()) continue;
    const ground = groundOf(element);
    const style = getComputedStyle(element);
    const colour = over(parsed(element instanceof SVGElement ? style.fill : style.color), ground);
    const [bright, dark] = [light(colour), light(ground)].sort((one, other) => other - one);
    const contrast = (bright + 0.05) / (dark + 0.05);
    if (contrast < least) found.add(texts.currentNode.data.trim().slice(0, 40) + ': ' + contrast.toFixed(2));
  }
  return [...found];
}`;

/** @returns the texts of a page whose contrast with their ground is lower than it should be. Controls without effect may be paler. */
export const contrastsBelow = (page: Page, least: number): Promise<string[]> =>
  page.evaluate<string[]>(`(${FIND})(${least})`);
