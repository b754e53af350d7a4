export const documentsTitle = "Registered documents";
export const explainTitle = "Explain";

// showPanel opens a panel of the side bar, if it is not open yet. GraphiQL makes room for a panel only when its button is
// pressed.
export function showPanel(title: string): void {
  document.querySelector<HTMLButtonElement>(`.graphiql-sidebar button[aria-label="Show ${title}"]`)?.click();
}
