/** The two roads by which a draft gets to the server. */
import type { Api } from "./http";
import type { Roads } from "./outbox";
import type { ClientFrame } from "./protocol";

export function roadsOf(api: Api, tell: (frame: ClientFrame) => boolean): Roads {
  return {
    overSocket: ({ room, client_id, content }, attempt) =>
      attempt === 0
        ? tell({ type: "message", room, client_id, content })
        : tell({ type: "retry", room, client_id, content, attempt }),
    overHttp: ({ room, client_id, content }) => api.sendMessage(room, client_id, content),
  };
}
