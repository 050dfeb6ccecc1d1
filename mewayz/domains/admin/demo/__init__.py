"""Demo data: a real shop, UCI Online Retail II, told as products, customers, orders and returns."""
