"""Pictures of people, as pages that are open show them."""

import re

from playwright.sync_api import expect

from tests.pictures import painted, written

WHOLE = "image => image.decode().then(() => [image.naturalWidth, image.naturalHeight])"


def test_a_new_picture_is_seen_in_the_open_page_of_whom_one_talks_with(alice, bob, callers):
    alice.find(bob)
    alice.write("Hello")
    picture = bob.page.get_by_test_id("room").get_by_test_id("picture")
    expect(bob.page.get_by_test_id("room")).to_contain_text("Hello")
    expect(picture).to_have_count(0)
    caller = callers.of(alice)

    first = caller.show_picture(written(painted("red")))
    expect(picture).to_have_attribute("src", re.compile(first))
    assert picture.evaluate(WHOLE) == [256, 256]

    second = caller.show_picture(written(painted("blue")))
    expect(picture).to_have_attribute("src", re.compile(second))

    caller.delete("/me/avatar")
    expect(picture).to_have_count(0)
