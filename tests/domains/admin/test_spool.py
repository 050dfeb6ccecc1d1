"""Invoices put aside."""

from mewayz.domains.admin.demo.retail import RetailFile
from mewayz.domains.admin.demo.source import slice_path
from mewayz.domains.admin.demo.spool import Spool


def test_what_is_taken_out_is_what_was_put_in() -> None:
    with Spool() as spool:
        read = list(spool.put(RetailFile(slice_path())))
        assert len(read) > 8_000
        assert list(spool) == read
        assert spool.progress == 1.0
        again = iter(spool)
        assert next(again) == read[0]
        assert 0 < spool.progress < 0.01
