from django.http import HttpRequest

from portal.frame import Frame


def frame(request: HttpRequest) -> dict[str, Frame]:
    """Give every page what stands around it (read lazily: a fragment pays nothing)."""
    return {"frame": Frame(request)}
