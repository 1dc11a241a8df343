# Run once by the PostgreSQL image when its data folder is empty: one database for each service, with an owner
# who changes tables (portal migrate) and a role of the service's own that cannot. No role sees a neighbour's database.
# Which services there are the mounted secrets say. Called again, it makes the databases of services that came later:
#   docker-compose exec postgres sh /docker-entrypoint-initdb.d/10-databases.sh

set -e

POSTGRES_USER=${POSTGRES_USER:-postgres}

for file in /run/secrets/*_owner_password; do
    service=$(basename "$file" _owner_password)
    there=$(psql -qtA --username "$POSTGRES_USER" --dbname postgres -c "SELECT 1 FROM pg_database WHERE datname = '$service'")
    [ -z "$there" ] || continue
    PORTAL_SERVICE=$service psql -q -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv service PORTAL_SERVICE
\set owner :service _owner
\set owner_password `cat "/run/secrets/${PORTAL_SERVICE}_owner_password"`
\set password `cat "/run/secrets/${PORTAL_SERVICE}_password"`
CREATE ROLE :"owner" LOGIN PASSWORD :'owner_password';
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"owner";
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"service" TO :"service";
\connect :"service"
ALTER SCHEMA public OWNER TO :"owner";
REVOKE ALL ON SCHEMA public FROM PUBLIC;
SQL
done
