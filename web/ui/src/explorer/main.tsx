import "graphiql/style.css";
import "../colours.css";
import "./explorer.css";
import { createRoot } from "react-dom/client";
import { watch } from "./connection";
import { findTicker } from "./examples";
import { Explorer } from "./Explorer";

// A server that is slow to say which symbols there are is not waited for: the examples are filled later.
const patience = 500; // milliseconds

const root = document.getElementById("root");
if (!root) throw new Error("the page has no root");
const soon = new Promise<null>((resolve) => setTimeout(() => resolve(null), patience));
void Promise.race([findTicker(), soon]).then((ticker) => {
  createRoot(root).render(<Explorer ticker={ticker} />);
  watch();
});
