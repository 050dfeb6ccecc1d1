"""Which rooms there are, for all that needs no page: their services, and every endpoint of the API."""

from mewayz.backend.desk import ImportDesk
from mewayz.backend.imports_api import imports_endpoints
from mewayz.backend.resource import resource
from mewayz.backend.uploads_api import uploads_endpoints
from mewayz.domains.admin.api import ENDPOINTS as ADMIN
from mewayz.domains.analytics.api import ENDPOINTS as ANALYTICS
from mewayz.domains.analytics.outgoing_api import ENDPOINTS as OUTGOING
from mewayz.domains.auth.api import ENDPOINTS as AUTH
from mewayz.domains.customers.api import ENDPOINTS as CUSTOMERS
from mewayz.domains.customers.service import customers
from mewayz.domains.orders import merging as merging
from mewayz.domains.orders.api import ENDPOINTS as ORDERS
from mewayz.domains.orders.service import orders
from mewayz.domains.products.api import ENDPOINTS as PRODUCTS
from mewayz.domains.products.service import products
from mewayz.domains.users.service import users

SERVICES = (users, products, orders, customers)
imports = ImportDesk(SERVICES)
ENDPOINTS = (
    *AUTH,
    *CUSTOMERS,  # before the records, whose paths with an id would match these too
    *(endpoint for service in SERVICES for endpoint in resource(service)),
    *imports_endpoints(imports),
    *uploads_endpoints(imports),
    *PRODUCTS,
    *ORDERS,
    *ANALYTICS,
    *OUTGOING,
    *ADMIN,
)
