"""Which rooms there are, for all that needs no page: their services, and every endpoint of the API."""

from mewayz.backend.resource import resource
from mewayz.domains.analytics.api import ENDPOINTS as ANALYTICS
from mewayz.domains.auth.api import ENDPOINTS as AUTH
from mewayz.domains.customers.api import ENDPOINTS as CUSTOMERS
from mewayz.domains.customers.service import customers
from mewayz.domains.orders import merging as merging
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products
from mewayz.domains.users.service import users

SERVICES = (users, products, orders, customers)
# What customers have of their own stands before their records, whose paths with an id would match it too.
ENDPOINTS = (*AUTH, *CUSTOMERS, *(endpoint for service in SERVICES for endpoint in resource(service)), *ANALYTICS)
