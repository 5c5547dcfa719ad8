from grants.applications.forms.applicant import ApplicantForm
from grants.applications.forms.base import SectionForm
from grants.applications.forms.budget import BudgetForm
from grants.applications.forms.commitments import CommitmentsForm
from grants.applications.forms.evaluation import EvaluationForm
from grants.applications.forms.means import MeansForm
from grants.applications.forms.places import PlacesForm
from grants.applications.forms.project import ProjectForm
from grants.applications.forms.public import PublicForm
from grants.applications.forms.start import (
    KeepForm,
    RenewForm,
    ReuseForm,
    StartForm,
    UploadForm,
    WithdrawForm,
)


FORMS: dict[str, type[SectionForm]] = {
    form.section: form
    for form in (
        ApplicantForm,
        ProjectForm,
        PlacesForm,
        PublicForm,
        MeansForm,
        EvaluationForm,
        BudgetForm,
        CommitmentsForm,
    )
}

__all__ = [
    "FORMS",
    "KeepForm",
    "RenewForm",
    "ReuseForm",
    "SectionForm",
    "StartForm",
    "UploadForm",
    "WithdrawForm",
]
