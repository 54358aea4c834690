# What the app may do: change rows. Tables belong to `owner`, who runs the migrations (ASVS 13.2.2).
# Read once by the image of MariaDB, when its volume is empty. On a server of your own run the two statements.
docker_process_sql --database="$MARIADB_DATABASE" <<SQL
CREATE USER app@'%' IDENTIFIED BY '$APP_PASSWORD';
GRANT SELECT, INSERT, UPDATE, DELETE ON \`$MARIADB_DATABASE\`.* TO app@'%';
SQL
