"""What people do with campaigns and sheets, one function per intent."""

from grants.calls.services.campaigns import close_campaign, create_campaign, edit_campaign
from grants.calls.services.extensions import grant_extension
from grants.calls.services.imports import apply_import, confirm_import, save_import, start_import
from grants.calls.services.publication import close_sheet, publish_sheet, revise_sheet
from grants.calls.services.sheets import (
    create_sheet,
    delete_sheet,
    duplicate_sheet,
    edit_sheet,
    replace_documents,
)


__all__ = [
    "apply_import",
    "close_campaign",
    "close_sheet",
    "confirm_import",
    "create_campaign",
    "create_sheet",
    "delete_sheet",
    "duplicate_sheet",
    "edit_campaign",
    "edit_sheet",
    "grant_extension",
    "publish_sheet",
    "replace_documents",
    "revise_sheet",
    "save_import",
    "start_import",
]
