from grants.applications.forms.base import SectionForm
from grants.applications.forms.budget import BudgetForm
from grants.applications.forms.commitments import CommitmentsForm
from grants.applications.forms.places import PlacesForm
from grants.applications.forms.project import ProjectForm
from grants.applications.forms.public import PublicForm
from grants.applications.forms.start import MessageForm, StartForm, UploadForm, WithdrawForm


FORMS: dict[str, type[SectionForm]] = {
    form.section: form
    for form in (ProjectForm, PlacesForm, PublicForm, BudgetForm, CommitmentsForm)
}

__all__ = ["FORMS", "MessageForm", "SectionForm", "StartForm", "UploadForm", "WithdrawForm"]
