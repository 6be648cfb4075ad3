#!/bin/sh
# Makes an authority and a certificate for the NATS servers of compose.cluster.yml: scripts/new-certificates.sh tls
# Run it again to renew: the certificate is valid for a year. Needs openssl.
set -eu
folder=${1:?name the folder, such as tls}
mkdir -p "$folder"
cd "$folder"
umask 077
[ -f ca.key ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
  -subj '/CN=Arcadia Cloud NATS' -keyout ca.key -out ca.crt 2> /dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=nats' -keyout tls.key -out tls.csr 2> /dev/null
cat > tls.ext << 'END'
subjectAltName=DNS:nats,DNS:nats-2,DNS:nats-3,DNS:localhost,IP:127.0.0.1
extendedKeyUsage=serverAuth,clientAuth
END
openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -extfile tls.ext -out tls.crt 2> /dev/null
rm tls.csr tls.ext
# The servers and the services read them as users of their own; the authority's key stays with its owner.
chmod 644 ca.crt tls.crt tls.key
