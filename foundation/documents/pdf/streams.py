"""End the streams of a PDF so that no reader mistakes where their data stops.

pydyf writes a line feed before ``endstream``. When the data itself ends with a carriage return
(one compressed stream in 256), the two read as one end of line, and a validator that measures the
data finds one byte less than the declared length: the letter would be refused. A full CR LF, which
the format allows, cannot be misread.
"""

import pydyf


def separate_streams() -> None:
    """Make every stream end with CR LF before ``endstream`` (once per process)."""
    written = pydyf.Stream.data.fget
    if written.__name__ == "data_and_crlf":
        return

    def data_and_crlf(self: pydyf.Stream) -> bytes:
        return written(self).removesuffix(b"\nendstream") + b"\r\nendstream"

    pydyf.Stream.data = property(data_and_crlf)
