"""Django's admin for people whom their access token calls staff, with pages of breakers and dead letters.

Nobody signs in or out here: who is signed in at chat, and is staff, is let in.
"""

from libs.common.http.admin.files import with_admin_files
from libs.common.http.admin.look_only import LookOnly
from libs.common.http.admin.site import StaffSite

__all__ = ["LookOnly", "StaffSite", "with_admin_files"]
