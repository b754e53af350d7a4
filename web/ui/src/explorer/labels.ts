import { useEditorContext } from "@graphiql/react";
import { useEffect } from "react";

// useLabels names the editors for those who do not see where they stand.
export function useLabels(): void {
  const { queryEditor, variableEditor, headerEditor, responseEditor } = useEditorContext({ nonNull: true });
  useEffect(() => {
    queryEditor?.getInputField().setAttribute("aria-label", "Operation");
    variableEditor?.getInputField().setAttribute("aria-label", "Variables, as JSON");
    headerEditor?.getInputField().setAttribute("aria-label", "Headers, as JSON");
    responseEditor?.getInputField().setAttribute("aria-label", "Answer");
  }, [queryEditor, variableEditor, headerEditor, responseEditor]);
}
