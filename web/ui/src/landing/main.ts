import "uplot/dist/uPlot.min.css";
import { ask, Refused } from "./ask";
import { drawChart } from "./chart";
import { findCompany } from "./company";

interface DataSet {
  companies: number;
  filings: number;
  values: number;
  newestFiling: string | null;
  newestPrice: string | null;
}

const dataSetQuery = `query DataSet { dataSet { companies filings values newestFiling newestPrice } }`;

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}

// say tells what is wrong; nothing is with an empty text.
function say(text: string): void {
  element("notice").textContent = text;
  element("notice").hidden = text === "";
}

async function showDataSet(): Promise<void> {
  const { dataSet } = await ask<{ dataSet: DataSet }>(dataSetQuery);
  for (const place of document.querySelectorAll<HTMLElement>("[data-fact]")) {
    const fact = dataSet[place.dataset["fact"] as keyof DataSet];
    place.textContent = typeof fact === "number" ? fact.toLocaleString("en") : fact ?? "none";
    if (typeof fact === "string") place.title = age(fact);
  }
}

// age says how long ago a day was.
function age(day: string): string {
  const days = Math.round((Date.now() - Date.parse(day)) / 86_400_000);
  if (days === 0) return "today";
  return days > 0 ? `${days} day${days === 1 ? "" : "s"} ago` : `in ${-days} days`;
}

async function showCompany(): Promise<void> {
  const found = await findCompany();
  if (!found) return;
  element("chart-title").textContent = found.title;
  element("chart-says").textContent = found.says;
  element("chart-query").setAttribute("href", `/graphiql#${new URLSearchParams({ query: found.query })}`);
  element("company").hidden = false;
  drawChart(element("chart"), found);
}

// keepTrying runs a part of the page again and again until it has succeeded, or there is no use.
async function keepTrying(part: () => Promise<void>, wait = 1_000): Promise<void> {
  try {
    await part();
    say("");
  } catch (cause) {
    if (cause instanceof Refused) return say(cause.message);
    say("The server does not answer. This page tries again until it does.");
    setTimeout(() => void keepTrying(part, Math.min(wait * 2, 10_000)), wait);
  }
}

element("curl").textContent = element("curl").textContent.replace("/graphql", `${location.origin}/graphql`);
void keepTrying(showDataSet);
void keepTrying(showCompany);
