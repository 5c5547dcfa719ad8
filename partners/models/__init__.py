from partners.models.bodies import Membership, NotificationConsent, Organisation
from partners.models.joining import Invitation, OrganisationFlag, OrganisationMerge
from partners.models.profile import (
    Approval,
    BankDetails,
    HumanMeans,
    OrganisationDocument,
    Representative,
    YearAccounts,
)


__all__ = [
    "Approval",
    "BankDetails",
    "HumanMeans",
    "Invitation",
    "Membership",
    "NotificationConsent",
    "Organisation",
    "OrganisationDocument",
    "OrganisationFlag",
    "OrganisationMerge",
    "Representative",
    "YearAccounts",
]
