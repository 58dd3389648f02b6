/** Keeping the session alive for as long as the page is open, and finding out that it is over. */
import type { Cancel, Clock } from "./environment";
import { ApiError } from "./http";
import type { Api } from "./http";

/** Half of an access token's life. */
const RENEW_EVERY_MS = 5 * 60_000;

export class Renewal {
  private timer: Cancel = () => undefined;

  constructor(
    private readonly clock: Clock,
    private readonly api: Api,
    /** Whose session it is: somebody else's in the same browser is no renewal of it. */
    private readonly me: string,
    private readonly onGone: () => void,
  ) {}

  /** Renew from now on; it ends with the session. */
  start(): void {
    this.timer = this.clock.after(RENEW_EVERY_MS, () => {
      void this.renew().then((session) => {
        if (session === "gone") this.onGone();
        else this.start();
      });
    });
  }

  close(): void {
    this.timer();
  }

  /** Renew now. `unknown`: the server did not answer. */
  async renew(): Promise<"valid" | "gone" | "unknown"> {
    try {
      const { user } = await this.api.session();
      return user.id === this.me ? "valid" : "gone";
    } catch (error) {
      return error instanceof ApiError && error.status === 401 ? "gone" : "unknown";
    }
  }
}
