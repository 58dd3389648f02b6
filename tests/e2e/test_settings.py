"""What one sets: a name and a picture, how the page looks, and where one is signed in."""

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

RED = (200, 30, 30)
NEAR = 12
"""How much a colour changes by what is done to a picture."""
PIXEL = """async (image) => {
    await image.decode();
    const canvas = new OffscreenCanvas(1, 1);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
}"""
"""The colour of a picture, as one dot of it."""
PAPER = "getComputedStyle(document.body).backgroundColor"


def photo(size=(1600, 900)):
    """A picture as a file."""
    file = BytesIO()
    Image.new("RGB", size, RED).save(file, "JPEG")
    return {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


def test_another_name_is_what_others_see(alice, bob):
    bob.find(alice)
    settings = alice.open_settings()
    field = settings.get_by_label("Display name")
    field.fill("Alice Liddell")
    settings.get_by_role("button", name="Save").click()
    expect(settings.get_by_test_id("announcer")).to_have_text("Saved")
    expect(alice.page.get_by_test_id("me")).to_have_text("Alice Liddell")

    bob.page.reload()
    expect(bob.page.get_by_test_id("room")).to_contain_text("Alice Liddell")


def test_a_name_that_cannot_be_is_refused_beside_its_field(alice):
    settings = alice.open_settings()
    settings.get_by_label("Display name").fill("\u2800")
    settings.get_by_role("button", name="Save").click()

    expect(settings.locator("#my-name-error")).to_have_text("A name must be visible.")
    expect(settings.get_by_label("Display name")).to_have_attribute("aria-invalid", "true")


def test_a_picture_is_shown_to_others_and_can_be_taken_back(alice, bob):
    bob.find(alice)
    settings = alice.open_settings()
    settings.get_by_test_id("picture-file").set_input_files(photo())
    mine = settings.get_by_test_id("picture")
    expect(mine).to_be_visible()
    colour = mine.evaluate(PIXEL)
    assert all(abs(one - other) < NEAR for one, other in zip(colour, RED, strict=True))

    bob.page.reload()
    expect(bob.page.get_by_test_id("room").get_by_test_id("picture")).to_be_visible()

    settings.get_by_role("button", name="Remove the picture").click()
    expect(mine).to_have_count(0)
    bob.page.reload()
    expect(bob.page.get_by_test_id("room")).to_be_visible()
    expect(bob.page.get_by_test_id("room").get_by_test_id("picture")).to_have_count(0)


def test_what_is_no_picture_is_refused(alice):
    settings = alice.open_settings()
    text = {"name": "me.png", "mimeType": "image/png", "buffer": b"no picture at all"}
    settings.get_by_test_id("picture-file").set_input_files(text)

    expect(settings.get_by_test_id("picture-error")).to_have_text(
        "This is no picture that can be shown."
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_theme_is_chosen_and_stays_whatever_the_device_is(arrive, scheme):
    alice = arrive("Alice", color_scheme=scheme)
    before = alice.page.evaluate(PAPER)
    other = "dark" if scheme == "light" else "light"
    alice.open_settings().get_by_test_id("theme").select_option(other)
    chosen = alice.page.evaluate(PAPER)
    assert chosen != before

    alice.page.reload()
    expect(alice.page.get_by_test_id("me")).to_be_visible()
    assert alice.page.evaluate(PAPER) == chosen
    alice.open_settings().get_by_test_id("theme").select_option("")
    assert alice.page.evaluate(PAPER) == before


def test_one_signs_out_elsewhere(alice, open_window):
    elsewhere = type(alice)(open_window(), "Alice")
    elsewhere.username, elsewhere.name = alice.username, alice.name
    elsewhere.sign_in()
    settings = alice.open_settings()
    expect(settings.get_by_test_id("device")).to_have_count(2)
    expect(settings.get_by_test_id("device").first).to_contain_text("This device")
    expect(settings.get_by_test_id("device").last).to_contain_text("Chrome")

    settings.get_by_test_id("device").last.get_by_role("button").click()

    expect(settings.get_by_test_id("device")).to_have_count(1)
    expect(elsewhere.page.get_by_label("Username", exact=True)).to_be_visible()
    expect(alice.page.get_by_test_id("me")).to_be_visible()
