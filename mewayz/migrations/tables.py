"""Every module that declares a table: what Alembic compares the database with."""

from mewayz.backend import audit, batches, counts, sequences, shop
from mewayz.domains.auth import model as auth
from mewayz.domains.customers import model as customers
from mewayz.domains.orders import model as orders
from mewayz.domains.orders import rollups
from mewayz.domains.products import model as products
from mewayz.domains.users import credentials
from mewayz.domains.users import model as users

DECLARED = (audit, auth, batches, counts, credentials, customers, orders, products, rollups, sequences, shop, users)
