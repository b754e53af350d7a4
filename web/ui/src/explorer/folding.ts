/// <reference types="codemirror/addon/fold/foldgutter" />
import { useEditorContext } from "@graphiql/react";
import { useEffect } from "react";

// most is up to how many lines of an answer can be folded.
const most = 20_000;

// useFoldingOfSmallAnswers turns folding off for large answers: for every brace that is in view it reads on to the one that
// closes it, five times through all lines of a long list, before the page goes on.
export function useFoldingOfSmallAnswers(): void {
  const { responseEditor } = useEditorContext({ nonNull: true });
  useEffect(() => {
    if (!responseEditor) return undefined;
    const before = (_: unknown, change: { text: string[] }) => {
      if (change.text.length > most) responseEditor.setOption("foldGutter", false);
    };
    const after = () => {
      if (responseEditor.lineCount() <= most) responseEditor.setOption("foldGutter", true);
    };
    responseEditor.on("beforeChange", before);
    responseEditor.on("changes", after);
    return () => {
      responseEditor.off("beforeChange", before);
      responseEditor.off("changes", after);
    };
  }, [responseEditor]);
}
