/** Keeping the session alive for as long as the page is open, and finding out that it is over. */
import type { Cancel, Clock } from "./environment";
import { ApiError } from "./problem";
import type { Api } from "./http";

/** Half of an access token's life. */
const RENEW_EVERY_MS = 5 * 60_000;

export class Renewal {
  private timer: Cancel = () => undefined;
  private isAsking = false;

  constructor(
    private readonly clock: Clock,
    private readonly api: Api,
    /** Whose session it is: somebody else's in the same browser is no renewal of it. */
    private readonly me: string,
    private readonly onGone: () => void,
  ) {
    // It may be just the access token that is over, or all of it.
    api.onUnauthenticated = () => {
      if (!this.isAsking) void this.check();
    };
  }

  /** Renew from now on; it ends with the session. */
  start(): void {
    this.timer = this.clock.after(RENEW_EVERY_MS, () => {
      void this.check().then((session) => {
        if (session !== "gone") this.start();
      });
    });
  }

  close(): void {
    this.timer();
  }

  private async check(): Promise<"valid" | "gone" | "unknown"> {
    this.isAsking = true;
    const session = await this.renew();
    this.isAsking = false;
    if (session === "gone") this.onGone();
    return session;
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
