/**
 * One's own account, as the settings show it. Each call raises `ApiError`, with `fields` for what was
 * wrong with a form.
 */
import { Account } from "@parley/sdk/account";
import type { Profile, ProfileChange, SignIn } from "@parley/sdk/account";

import { api } from "./server";
import { becomeKnownAs } from "./session";

export const account = new Account(api);

/** The side of the square that a picture is made before it is sent, in px. */
const PICTURE_PX = 512;
const PICTURE_TYPE = "image/webp";
const PICTURE_QUALITY = 0.9;

/** What is no picture, or one that this browser cannot read. */
export class NoPicture extends Error {
  override readonly name = "NoPicture";
}

export async function profile(): Promise<Profile> {
  return known(await account.profile());
}

export async function change(next: ProfileChange): Promise<Profile> {
  return known(await account.change(next));
}

function known(all: Profile): Profile {
  becomeKnownAs(all.user);
  return all;
}

/** Show the middle of a picture. Raises `NoPicture` too. */
export async function showPicture(file: Blob): Promise<void> {
  becomeKnownAs(await account.show(await middleOf(file)));
}

export async function hidePicture(): Promise<void> {
  await account.hidePicture();
  await profile();
}

/** This one, then those that were used last. */
export async function signIns(): Promise<SignIn[]> {
  const all = await account.signIns();
  const order = ({ current, renewed_at }: SignIn): number =>
    current ? Infinity : Date.parse(renewed_at);
  return all.sort((a, b) => order(b) - order(a));
}

export const signOutThere = (sid: string): Promise<void> => account.signOut(sid);

/** What a camera makes is far larger than anything that is shown. */
async function middleOf(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file).catch(() => {
    throw new NoPicture();
  });
  const { width, height } = picture;
  const side = Math.min(width, height);
  const canvas = new OffscreenCanvas(PICTURE_PX, PICTURE_PX);
  const [left, top] = [(width - side) / 2, (height - side) / 2];
  canvas.getContext("2d")?.drawImage(picture, left, top, side, side, 0, 0, PICTURE_PX, PICTURE_PX);
  picture.close();
  const small = await canvas.convertToBlob({ type: PICTURE_TYPE, quality: PICTURE_QUALITY });
  if (small.type === PICTURE_TYPE) return small;
  // A browser that writes no WebP writes PNG, which may be too large.
  return canvas.convertToBlob({ type: "image/jpeg", quality: PICTURE_QUALITY });
}
