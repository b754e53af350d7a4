// Stands in for the package of this name, by which Radix stops the page behind a dialog from scrolling: it adds <style>
// elements, which the page's policy forbids. The explorer's page is as high as the window and never scrolls.

const Nothing = () => null;

export const styleSingleton = () => Nothing;
export const styleHookSingleton = () => () => undefined;
export const stylesheetSingleton = () => ({ add: () => undefined, remove: () => undefined });
