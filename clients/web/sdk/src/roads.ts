/** The roads by which a draft gets to the server. */
import type { Draft } from "./environment";
import type { Api } from "./http";
import type { ClientFrame, Message } from "./protocol";

/** Each of the roads, as a call. */
export interface Roads {
  /** Put a draft on the socket. `tries` 0 is `message`, 1…3 are `retry`. False: no socket. */
  overSocket(draft: Draft, tries: number): boolean;
  /** Post it to chat. Raises `ApiError`. */
  overHttp(draft: Draft): Promise<Message>;
  /** Leave it to the queue service, which hands it on once chat takes it. Raises `ApiError`. */
  toQueue(draft: Draft): Promise<void>;
}

/** The roads on an API, and on what `tell` sends. */
export function roadsOf(api: Api, tell: (frame: ClientFrame) => boolean): Roads {
  return {
    overSocket: ({ room, client_id, content, reply_to }, tries) =>
      tries === 0
        ? tell({ type: "message", room, client_id, content, reply_to })
        : tell({ type: "retry", room, client_id, content, reply_to, attempt: tries }),
    overHttp: (draft) => api.sendMessage(draft),
    toQueue: (draft) => api.queueMessage(draft),
  };
}
