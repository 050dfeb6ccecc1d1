"""Every module that declares a table: what Alembic compares the database with."""

from mewayz.backend import audit, batches, bulk, counts, idempotency, sequences, shop, views
from mewayz.domains.analytics import outgoing
from mewayz.domains.auth import model as auth
from mewayz.domains.customers import merging, notes, segments
from mewayz.domains.customers import model as customers
from mewayz.domains.orders import merging as orders_merging
from mewayz.domains.orders import model as orders
from mewayz.domains.orders import rollups
from mewayz.domains.products import ledger, skus
from mewayz.domains.products import model as products
from mewayz.domains.users import credentials
from mewayz.domains.users import model as users

DECLARED = (
    *(audit, auth, batches, bulk, counts, credentials, customers, idempotency, ledger, merging, notes, orders, orders_merging),
    *(outgoing, products, rollups, segments, sequences, shop, skus, users, views),
)
