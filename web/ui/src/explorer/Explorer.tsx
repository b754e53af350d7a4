import { GraphiQL } from "graphiql";
import { usePluginStore, useSchemaStore, type GraphiQLPlugin } from "@graphiql/react";
import { useEffect, useMemo, useRef, useState } from "react";
import { connection } from "./connection";
import { DocumentsPanel } from "./DocumentsPanel";
import { loadDocuments, registered } from "./documents";
import { examples, filled, findTicker } from "./examples";
import { ExamplesPanel } from "./ExamplesPanel";
import { explanation } from "./explain";
import { ExplainPanel } from "./ExplainPanel";
import { fetcher } from "./fetcher";
import { Header } from "./Header";
import { useFoldingOfSmallAnswers } from "./folding";
import { DocumentsIcon, ExamplesIcon, ExplainIcon } from "./icons";
import { apiKey } from "./key";
import { useLabels } from "./labels";
import { Measure } from "./Measure";
import { Notices } from "./Notices";
import { open, operationInURL } from "./open";
import { documentsTitle, explainTitle, showPanel } from "./panels";
import { useOpen, useTicker } from "./tabs";
import { useValue } from "./value";

const examplesPlugin: GraphiQLPlugin = { title: "Examples", icon: ExamplesIcon, content: ExamplesPanel };
const documentsPlugin: GraphiQLPlugin = { title: documentsTitle, icon: DocumentsIcon, content: DocumentsPanel };
const explainPlugin: GraphiQLPlugin = { title: explainTitle, icon: ExplainIcon, content: ExplainPanel };

// Explorer is the whole page. ticker is a symbol that exists; null when it is not known yet.
export function Explorer({ ticker }: { ticker: string | null }) {
  const hasDocuments = useValue(registered).documents.length > 0;
  const isExplained = useValue(explanation) !== null;
  const plugins = useMemo(
    () => [examplesPlugin, ...(hasDocuments ? [documentsPlugin] : []), ...(isExplained ? [explainPlugin] : [])],
    [hasDocuments, isExplained],
  );
  // GraphiQL closes the panel that is open when the list of panels changes, unless it is told which one that is.
  const [panel, setPanel] = useState<GraphiQLPlugin | null>(null);
  const [tabs] = useState(() =>
    examples.map((e) => (e.variables && ticker ? { ...e, variables: filled(e.variables, ticker) } : e)));
  return (
    <>
      <Header />
      <Notices />
      <GraphiQL fetcher={fetcher} plugins={plugins} defaultTabs={tabs} defaultQuery="" shouldPersistHeaders={false}
        showPersistHeadersSettings={false} defaultEditorToolsVisibility="variables" inputValueDeprecation
        {...(panel ? { visiblePlugin: panel } : {})} onTogglePluginVisibility={setPanel}>
        <GraphiQL.Logo>{null}</GraphiQL.Logo>
        <GraphiQL.Footer><Measure /></GraphiQL.Footer>
        <Wiring ticker={ticker} />
      </GraphiQL>
    </>
  );
}

// Wiring is inside of GraphiQL, where its editors can be reached, and does what they need from outside.
function Wiring({ ticker: known }: { ticker: string | null }) {
  const [ticker, setTicker] = useState(known);
  const openInTab = useOpen();
  useTicker(ticker);
  useFoldingOfSmallAnswers();
  useLabels();
  const wanted = useValue(open);
  useEffect(() => {
    if (!wanted) return;
    open.set(null);
    openInTab(wanted);
  }, [wanted, openInTab]);
  useEffect(() => open.set(operationInURL()), []);

  // Whoever comes with another key, or after a pause of the server, asks for what failed before.
  const { introspect, schema } = useSchemaStore();
  const key = useValue(apiKey);
  const state = useValue(connection);
  const asked = useRef(key);
  useEffect(() => {
    void loadDocuments();
    if (asked.current === key) return;
    asked.current = key;
    void introspect();
  }, [key, introspect]);
  useEffect(() => {
    if (state !== "back") return;
    void loadDocuments();
    if (!schema) void introspect();
  }, [state, schema, introspect]);
  useEffect(() => {
    if (ticker || state === "away") return;
    void findTicker().then(setTicker);
  }, [ticker, key, state]);

  const { plugins } = usePluginStore();
  const isExplained = plugins.includes(explainPlugin);
  useEffect(() => {
    if (isExplained) showPanel(explainTitle);
  }, [isExplained]);
  return null;
}
