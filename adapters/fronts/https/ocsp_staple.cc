// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/ocsp_staple.h"

#include <absl/strings/str_cat.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstring>

namespace mailwake::internal {
namespace {

// The issuer's name and the serial number; the issuer's key is not at hand, and the authority's signature is the peer's to check.
bool IsAbout(OCSP_CERTID* id, X509* certificate) {
  ASN1_OCTET_STRING* issuer = nullptr;
  ASN1_OBJECT* digest = nullptr;
  ASN1_INTEGER* serial = nullptr;
  if (OCSP_id_get0_info(&issuer, &digest, nullptr, &serial, id) != 1) return false;
  if (ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certificate)) != 0) return false;
  unsigned char name[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const EVP_MD* const md = EVP_get_digestbyobj(digest);
  if (md == nullptr || X509_NAME_digest(X509_get_issuer_name(certificate), md, name, &size) != 1) return false;
  return static_cast<int>(size) == ASN1_STRING_length(issuer) && std::memcmp(name, ASN1_STRING_get0_data(issuer), size) == 0;
}

OCSP_SINGLERESP* Find(OCSP_BASICRESP* all, X509* certificate) {
  for (int i = 0; i < OCSP_resp_count(all); ++i) {
    OCSP_SINGLERESP* const one = OCSP_resp_get0(all, i);
    // The id is not changed; the older of its two readers only does not say so.
    if (IsAbout(const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(one)), certificate)) return one;
  }
  return nullptr;
}

std::optional<std::time_t> Seconds(const ASN1_GENERALIZEDTIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return ::timegm(&parts);
}

}  // namespace

absl::StatusOr<OcspStaple> OcspStaple::Read(const std::string& file, X509* certificate) {
  const auto fault = [&](std::string_view what) {
    ERR_clear_error();
    return absl::InvalidArgumentError(absl::StrCat("OCSP response file ", file, ": ", std::string(what)));
  };
  errno = 0;
  const BioHandle der(BIO_new_file(file.c_str(), "r"));
  if (der == nullptr) return fault(absl::StrCat(std::strerror(errno), "; give the path of a DER response, or leave it out"));
  const OcspResponseHandle response(d2i_OCSP_RESPONSE_bio(der.get(), nullptr));
  if (response == nullptr || OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
    return fault(absl::StrCat("it is not a successful OCSP response in DER; make one with: openssl ocsp -respout ", file));
  const OcspBasicHandle basic(OCSP_response_get1_basic(response.get()));
  OCSP_SINGLERESP* const single = basic == nullptr ? nullptr : Find(basic.get(), certificate);
  if (single == nullptr) return fault("it says nothing about the certificate; ask the authority about the one that is used");
  ASN1_GENERALIZEDTIME *from = nullptr, *next = nullptr;
  const int status = OCSP_single_get0_status(single, nullptr, nullptr, &from, &next);
  if (status == V_OCSP_CERTSTATUS_REVOKED) return fault("it says that the certificate was revoked; use another");
  if (status != V_OCSP_CERTSTATUS_GOOD)
    return fault("it says that its signer does not know the certificate; ask the authority that issued it");
  unsigned char* bytes = nullptr;
  const int size = i2d_OCSP_RESPONSE(response.get(), &bytes);
  OcspStaple staple(std::string(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size)), Seconds(from), Seconds(next));
  OPENSSL_free(bytes);
  return staple;
}

}  // namespace mailwake::internal
