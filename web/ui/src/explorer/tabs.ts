import { useEditorContext } from "@graphiql/react";
import { useCallback, useEffect, useRef } from "react";
import { filled, isUnfilled, type Example } from "./examples";

// useOpen returns a function that opens an operation in a tab of its own.
export function useOpen(): (example: Example) => void {
  const { addTab, activeTabIndex, queryEditor, variableEditor } = useEditorContext({ nonNull: true });
  const waiting = useRef<Example | null>(null);
  useEffect(() => {
    const example = waiting.current;
    if (!example || !queryEditor) return;
    waiting.current = null;
    queryEditor.setValue(example.query);
    variableEditor?.setValue(example.variables ?? "");
  }, [activeTabIndex, queryEditor, variableEditor]);
  return useCallback((example) => {
    waiting.current = example;
    addTab();
  }, [addTab]);
}

// useTicker puts a symbol that exists into the examples whose variables nobody has changed.
export function useTicker(ticker: string | null): void {
  const { tabs, activeTabIndex, moveTab, variableEditor } = useEditorContext({ nonNull: true });
  useEffect(() => {
    if (!ticker || !variableEditor) return;
    if (isUnfilled(variableEditor.getValue())) variableEditor.setValue(filled(variableEditor.getValue(), ticker));
    if (!tabs.some((tab, i) => i !== activeTabIndex && isUnfilled(tab.variables))) return;
    moveTab(tabs.map((tab, i) => {
      if (i === activeTabIndex || !isUnfilled(tab.variables)) return tab;
      return { ...tab, variables: filled(tab.variables, ticker) };
    }));
  }, [ticker, tabs, activeTabIndex, moveTab, variableEditor]);
}
