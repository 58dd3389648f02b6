"""The pictures of the README and the icons of the page, drawn by the page itself."""
